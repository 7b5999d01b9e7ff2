use proptest::prelude::*;

use super::*;

/// A field, name and value.
type Field = (String, String);

const URLENCODED: &[u8] = b"application/x-www-form-urlencoded";
const MULTIPART: &[u8] = b"multipart/form-data; boundary=----WebKitFormBoundary7MA4YWxkTrZu0gW";

fn read(content_type: &[u8], body: &[u8]) -> Result<Carried, Obstacle> {
    Carried::read(Some(content_type), body, ReplayLimits::default())
}

fn urlencoded(body: &str) -> Result<Vec<Field>, Obstacle> {
    read(URLENCODED, body.as_bytes()).map(|carried| parsed(&carried))
}

/// Reads the inputs as a browser does, so far as they need it; anything but hidden inputs fails the test.
fn parsed(carried: &Carried) -> Vec<Field> {
    let fields: Vec<Field> = carried
        .inputs()
        .lines()
        .map(|line| {
            let inner = line.strip_prefix("<input type=\"hidden\" name=\"");
            let inner = inner.and_then(|rest| rest.strip_suffix("\">")).expect(line);
            let (name, value) = inner.split_once("\" value=\"").expect(line);
            (unescaped(name), unescaped(value))
        })
        .collect();
    assert_eq!(fields.len(), carried.fields());
    fields
}

/// The inverse of escaping; raw markup, quotes and line breaks fail the test.
fn unescaped(text: &str) -> String {
    assert!(
        !text.contains(['<', '>', '"', '\'', '\r', '\n', '\0']),
        "{text:?}"
    );
    let mut parts = text.split('&');
    let mut plain = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        let (reference, rest) = part.split_once(';').expect(part);
        plain.push_str(match reference {
            "amp" => "&",
            "lt" => "<",
            "gt" => ">",
            "#34" => "\"",
            "#39" => "'",
            "#10" => "\n",
            "#13" => "\r",
            other => panic!("{other} is no reference that is written"),
        });
        plain.push_str(rest);
    }
    plain
}

fn fields(of: &[(&str, &str)]) -> Vec<Field> {
    of.iter()
        .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
        .collect()
}

/// A body as browsers write it.
fn multipart(of: &[Field]) -> Vec<u8> {
    let boundary = "----WebKitFormBoundary7MA4YWxkTrZu0gW";
    let mut body = String::new();
    for (name, value) in of {
        let name = name
            .replace('"', "%22")
            .replace('\r', "%0D")
            .replace('\n', "%0A");
        body.push_str(&format!(
            "--{boundary}\r\nContent-Disposition: form-data; name=\"{name}\"\r\n\r\n{value}\r\n"
        ));
    }
    body.push_str(&format!("--{boundary}--\r\n"));
    body.into_bytes()
}

#[test]
fn fields_keep_their_order_their_duplicates_and_every_character() {
    assert_eq!(
        urlencoded("user=J%C3%BCrgen+M%26Co&role=a&role=b&role=a&token=x%2By%3D%3D&empty=&alone"),
        Ok(fields(&[
            ("user", "Jürgen M&Co"),
            ("role", "a"),
            ("role", "b"),
            ("role", "a"),
            ("token", "x+y=="),
            ("empty", ""),
            ("alone", ""),
        ]))
    );
    assert_eq!(
        urlencoded("a=1=2&&b=%zz"),
        Ok(fields(&[("a", "1=2"), ("b", "%zz")]))
    );
    assert_eq!(urlencoded(""), Ok(Vec::new()));
}

#[test]
fn markup_in_a_field_is_text() {
    let attack = "\"><script>alert('x')</script><input name=\"";
    let encoded: String = attack.bytes().map(|byte| format!("%{byte:02X}")).collect();
    let carried = read(URLENCODED, format!("{encoded}={encoded}").as_bytes()).expect("a form");
    assert_eq!(parsed(&carried), fields(&[(attack, attack)]));
    assert_eq!(carried.inputs().matches('<').count(), 1);
    assert_eq!(carried.inputs().matches('"').count(), 6);
}

#[test]
fn line_breaks_are_carried_as_browsers_send_them_and_no_others() {
    assert_eq!(
        urlencoded("text=a%0D%0Ab"),
        Ok(fields(&[("text", "a\r\nb")]))
    );
    for body in [
        "t=a%0Ab",
        "t=a%0Db",
        "t=a%0D",
        "t=%0A",
        "t=%0D%0D%0A",
        "a%0Ab=t",
    ] {
        assert_eq!(urlencoded(body), Err(Obstacle::NotRepeatable), "{body}");
    }
}

#[test]
fn what_a_browser_would_send_otherwise_is_not_carried() {
    for body in [
        "a=%00",
        "%00=a",
        "=a",
        "a=1&=",
        "_charset_=x",
        "_CHARSET_=ISO-8859-1",
    ] {
        assert_eq!(urlencoded(body), Err(Obstacle::NotRepeatable), "{body}");
    }
    assert_eq!(
        urlencoded("_charset_=UTF-8"),
        Ok(fields(&[("_charset_", "UTF-8")]))
    );
    for body in ["a=%FF", "%C3=a", "a=%C3%28"] {
        assert_eq!(urlencoded(body), Err(Obstacle::NotUtf8), "{body}");
    }
}

#[test]
fn only_forms_are_carried() {
    for content_type in [
        "",
        "application/json",
        "text/plain",
        "multipart/mixed; boundary=x",
        "multipart/form-data",
        "multipart/form-data; boundary=",
        "multipart/form-data; boundary=a b",
        "multipart/form-data; boundary=\"a",
        "multipart/form-data; boundary=a; boundary=b",
        "application/x-www-form-urlencoded; charset=iso-8859-1",
        "application/x-www-form-urlencoded; charset",
        "application/x-www-form-urlencodedx",
    ] {
        assert_eq!(
            read(content_type.as_bytes(), b"a=b"),
            Err(Obstacle::NoForm),
            "{content_type}"
        );
    }
    assert_eq!(
        Carried::read(None, b"a=b", ReplayLimits::default()),
        Err(Obstacle::NoForm)
    );
    for content_type in [
        "application/x-www-form-urlencoded",
        "Application/X-WWW-Form-Urlencoded ; charset=\"UTF-8\"",
    ] {
        let carried = read(content_type.as_bytes(), b"a=b").expect(content_type);
        assert_eq!(carried.encoding(), Encoding::UrlEncoded);
    }
}

#[test]
fn a_form_over_a_limit_is_not_carried() {
    let limits = ReplayLimits {
        bytes: 7,
        fields: 2,
    };
    let read = |body: &[u8]| Carried::read(Some(URLENCODED), body, limits).map(|c| c.fields());
    assert_eq!(read(b"a=1&b=2"), Ok(2));
    assert_eq!(read(b"a=1&b=22"), Err(Obstacle::TooLarge));
    assert_eq!(read(b"a&b&c"), Err(Obstacle::TooManyFields));
}

#[test]
fn a_small_multipart_form_is_carried_and_sent_again_in_the_same_encoding() {
    let wanted = fields(&[
        ("user", "Jürgen"),
        ("a\"b\r\nc", "%22 --x\r\n--"),
        ("user", ""),
    ]);
    let carried = read(MULTIPART, &multipart(&wanted)).expect("a form");
    assert_eq!(parsed(&carried), wanted);
    assert_eq!(carried.encoding().name(), "multipart/form-data");
}

#[test]
fn files_and_broken_parts_are_not_carried() {
    let part = |head: &str| format!("--b\r\n{head}\r\n\r\nvalue\r\n--b--\r\n");
    let read = |body: &str| read(b"multipart/form-data; boundary=b", body.as_bytes());
    assert!(read(&part("Content-Disposition: form-data; name=\"a\"")).is_ok());
    assert!(read("--b--\r\n").is_ok());
    for head in [
        "Content-Disposition: form-data; name=\"a\"; filename=\"x.png\"",
        "Content-Disposition: form-data; name=\"a\"\r\nContent-Type: image/png",
    ] {
        assert_eq!(read(&part(head)), Err(Obstacle::File), "{head}");
    }
    let whole = part("Content-Disposition: form-data; name=\"a\"");
    // The last line end may be missing.
    for end in 0..whole.len() - 2 {
        assert_eq!(
            read(whole.get(..end).expect("ASCII")),
            Err(Obstacle::Malformed),
            "cut at {end}"
        );
    }
    for body in [
        &part("Content-Disposition: attachment; name=\"a\""),
        &part("Content-Type: text/plain"),
        "--b--\r\nepilogue",
        "preamble\r\n--b--\r\n",
        "--bb\r\nContent-Disposition: form-data; name=\"a\"\r\n\r\n\r\n--bb--",
    ] {
        assert_eq!(read(body), Err(Obstacle::Malformed), "{body}");
    }
}

#[test]
fn a_password_does_not_show_in_debug_output() {
    let carried = read(URLENCODED, b"user=alice&password=secret").expect("a form");
    assert_eq!(format!("{carried:?}"), "Carried(2)");
}

#[test]
fn a_form_of_another_site_is_told_from_ones_own() {
    let own = |site: Option<&str>, origin: Option<&str>, authority: &str| {
        is_same_origin(
            site.map(str::as_bytes),
            origin.map(str::as_bytes),
            Some(authority.as_bytes()),
        )
    };
    assert!(own(Some("same-origin"), None, "a.example"));
    assert!(own(Some("same-origin"), Some("null"), "a.example"));
    for site in [None, Some("none")] {
        assert!(own(site, Some("https://a.example"), "a.example"));
        assert!(own(site, Some("https://a.example"), "A.example:443"));
        assert!(own(site, Some("http://a.example:8080"), "a.example:8080"));
        for origin in [
            None,
            Some("null"),
            Some(""),
            Some("https://"),
            Some("a.example"),
            Some("https://evil.example"),
            Some("https://a.example.evil.example"),
            Some("https://a.example:8443"),
            Some("http://a.example:443"),
        ] {
            assert!(!own(site, origin, "a.example"), "{origin:?}");
        }
        assert!(!is_same_origin(
            site.map(str::as_bytes),
            Some(b"https://a.example"),
            None
        ));
    }
    for site in ["cross-site", "same-site", "Same-Origin", "", "garbage"] {
        assert!(
            !own(Some(site), Some("https://a.example"), "a.example"),
            "{site}"
        );
    }
}

proptest! {
    #[test]
    fn any_bytes_are_carried_whole_or_not_at_all(body: Vec<u8>, is_multipart: bool) {
        let content_type = if is_multipart { MULTIPART } else { URLENCODED };
        if let Ok(carried) = read(content_type, &body) {
            parsed(&carried);
            let bound = body.len() * 5 + carried.fields() * 64;
            prop_assert!(carried.inputs().len() <= bound);
        }
    }

    #[test]
    fn every_repeatable_form_reads_back_the_same_in_both_encodings(
        texts in prop::collection::vec(("[^\0\r\n]{1,8}", "[^\0\r\n]{0,12}(\r\n)?[<>\"'&]{0,3}"), 0..9),
    ) {
        prop_assume!(texts.iter().all(|(name, _)| !name.eq_ignore_ascii_case("_charset_")));
        // Browsers would escape it; written raw it reads as what it stands for.
        prop_assume!(texts.iter().all(|(name, _)| !name.contains('%')));
        let body: Vec<String> = texts
            .iter()
            .map(|(name, value)| format!("{}={}", encoded(name), encoded(value)))
            .collect();
        let one = read(URLENCODED, body.join("&").as_bytes()).expect("a form");
        prop_assert_eq!(&parsed(&one), &texts);
        let other = read(MULTIPART, &multipart(&texts)).expect("a form");
        prop_assert_eq!(&parsed(&other), &texts);
    }
}

fn encoded(text: &str) -> String {
    text.bytes().map(|byte| format!("%{byte:02X}")).collect()
}
