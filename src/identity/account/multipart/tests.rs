use proptest::prelude::*;

use super::super::AccountError::{Conflict, ContentType, Malformed, Missing, NotText};
use super::super::content::{self, Content};
use super::super::testing::{Outcome, gathered};
use super::*;
use crate::message::{HeaderBlock, serialise};

fn boundary(text: &str) -> Boundary {
    let header = format!("multipart/form-data; boundary=\"{text}\"");
    let lines = [(&b"content-type"[..], header.as_bytes())].into_iter();
    match content::read(&HeaderBlock::new(serialise(lines)), Default::default()) {
        Ok(Content::Multipart(boundary, _)) => boundary,
        other => panic!("{other:?}"),
    }
}

fn email(body: &[u8]) -> Outcome {
    let field = FieldName::new("email");
    gathered(|gathering| read(body, (&boundary("B"), Charset::Utf8), &[&field], gathering))
}

/// A body of these parts, each its head (without the last line ends) and content.
fn body(parts: &[(&str, &str)]) -> String {
    let part = |(head, content): &(&str, &str)| format!("--B\r\n{head}\r\n\r\n{content}\r\n");
    parts.iter().map(part).collect::<String>() + "--B--\r\n"
}

fn named(parameters: &str) -> String {
    format!("Content-Disposition: form-data; {parameters}")
}

fn of(parameters: &str) -> Outcome {
    email(body(&[(&named(parameters), "bob")]).as_bytes())
}

fn of_two(head: &str) -> Outcome {
    email(body(&[(&named("name=\"email\""), "bob"), (head, "eve")]).as_bytes())
}

fn bob() -> Outcome {
    Ok("bob".to_owned())
}

#[test]
fn a_field_is_read_as_browsers_and_libraries_write_it() {
    let email_part = named("name=\"email\"");
    let file =
        named("name=\"photo\"; filename=\"C:\\dir\\email.png\"") + "\r\nContent-Type: image/png";
    for body in [
        body(&[(&email_part, "Bob")]),
        body(&[("content-DISPOSITION:form-data;name=email", "bob")]),
        body(&[(&file, "\u{89}PNG\r\n\r\n--\n"), (&email_part, "bob")]),
        body(&[(
            &format!("Content-Type: text/plain; charset=UTF-8\r\n{email_part}"),
            "bob",
        )]),
        body(&[(
            &format!("{email_part}\r\nContent-Transfer-Encoding: 8bit"),
            "bob",
        )]),
        body(&[
            (&email_part, "bob"),
            (&email_part, "BOB"),
            (&named("name=\"x\""), "eve"),
        ]),
        format!("\r\n{}", body(&[(&email_part, "bob")])),
        body(&[(&email_part, "bob")]).trim_end().to_owned(),
    ] {
        assert_eq!(email(body.as_bytes()), bob(), "{body}");
    }
}

#[test]
fn the_heads_of_http_clients_are_read() {
    let apache =
        "\r\nContent-Type: text/plain; charset=ISO-8859-1\r\nContent-Transfer-Encoding: 8bit";
    let okhttp = "\r\nContent-Type: text/plain; charset=utf-8\r\nContent-Length: 3";
    for head in [
        apache,
        okhttp,
        "\r\nContent-Type: text/plain",
        "\r\nContent-Length: 3",
    ] {
        let body = body(&[(&(named("name=\"email\"") + head), "bob")]);
        assert_eq!(email(body.as_bytes()), bob(), "{head}");
    }
    let other = body(&[(&(named("name=\"email\"") + apache), "jörg")]);
    assert_eq!(
        email(other.as_bytes()),
        Ok("jo\u{308}rg ja\u{303}¶rg".to_owned())
    );
    let typed = body(&[(
        &(named("name=\"email\"") + "\r\nContent-Type: application/json"),
        "bob",
    )]);
    assert_eq!(email(typed.as_bytes()), Err(NotText));
}

#[test]
fn a_name_that_could_be_the_field_is_in_doubt() {
    assert_eq!(of("name=\"EMAIL\""), bob());
    for name in [
        "e\\mail",
        "email:",
        "em%61il",
        " email",
        "email ",
        "email[]",
        "[email]",
        "email:",
        "\u{feff}email",
        "email.x",
        "a.email",
    ] {
        let part = named(&format!("name=\"{name}\""));
        assert_eq!(
            email(body(&[(&part, "bob")]).as_bytes()),
            Err(Conflict),
            "{name}"
        );
        assert_eq!(of_two(&part), Err(Conflict), "{name}");
    }
    assert_eq!(of("name=\"user_email\""), Err(Missing));
}

#[test]
fn a_quote_in_the_name_of_a_file_is_escaped_or_the_body_unreadable() {
    let file = |name: &str| {
        let file = named(&format!("name=\"photo\"; filename=\"{name}\""));
        let body = body(&[(&file, "x"), (&named("name=\"email\""), "bob")]);
        email(body.as_bytes())
    };
    assert_eq!(file("my \\\"best\\\" photo.jpg"), bob());
    assert_eq!(file("my \"best\" photo.jpg"), bob());
    assert_eq!(file("a\"; name=\"email"), Err(Malformed));
    assert_eq!(file("a\"\\;\"email"), Err(Malformed));
    assert_eq!(file("a\\\"; name=\\\"email"), Err(Malformed));
    assert_eq!(of("name=\"e\\\"mail\""), Err(Malformed));
}

#[test]
fn an_extended_name_is_another_field_or_in_doubt() {
    let extended = |name: &str| named(&format!("name*=utf-8''{name}"));
    assert_eq!(
        email(body(&[(&extended("email"), "bob")]).as_bytes()),
        Err(Conflict)
    );
    assert_eq!(of_two(&extended("em%61il")), Err(Conflict));
    let neighbour = body(&[
        (&named("name=\"email\""), "bob"),
        (&extended("first%20name"), "x"),
    ]);
    assert_eq!(email(neighbour.as_bytes()), bob());
}

#[test]
fn a_charset_field_names_utf_8_or_makes_the_form_unreadable() {
    let charset = named("name=\"_charset_\"");
    let form =
        |charset_name: &str| body(&[(&charset, charset_name), (&named("name=\"email\""), "bob")]);
    assert_eq!(email(form("UTF-8").as_bytes()), bob());
    assert_eq!(email(form("utf-7").as_bytes()), Err(ContentType));
}

#[test]
fn a_file_or_a_text_of_another_charset_is_no_account() {
    assert_eq!(of("name=\"email\"; filename=\"x\""), Err(NotText));
    assert_eq!(of("name=\"email\"; filename*=utf-8''x"), Err(NotText));
    assert_eq!(
        of_two(&named("name=\"email\"; filename=\"\"")),
        Err(NotText)
    );
    let head = named("name=\"email\"") + "\r\nContent-Type: text/plain; charset=utf-16";
    assert_eq!(email(body(&[(&head, "bob")]).as_bytes()), Err(NotText));
}

#[test]
fn a_part_that_readers_read_differently_makes_the_body_unreadable() {
    let plain = named("name=\"x\"");
    for head in [
        &named("name=\"x\"; name=\"email\""),
        &named("name=\"x\"; name*=utf-8''email"),
        &named("name*0=em; name*1=ail"),
        &named("name='email'"),
        &format!("X-{}\r\n{plain}", named("name=\"email\"")),
        &format!("{plain}\r\nContent-ID: email"),
        &named("name=\"x\"; filename=\"a\"; filename=\"b\""),
        &named("x-name=\"email\"; name=\"z\""),
        &named("name=\"=?utf-8?b?ZW1haWw=?=\""),
        &format!("{plain}\r\nContent-Type: text"),
        &format!("{plain}\r\nContent-Type: text/plain\r\nContent-Type: text/plain"),
        &format!("{plain}\r\nContent-Type: text/plain; charset=\"a\\\"\""),
        &named("name=\"x\\\"; name=\"email\""),
        &named("name=\"email"),
        &named("name = \"email\""),
        &named("filename=\"x\""),
        "Content-Disposition: attachment; name=\"email\"",
        "X-Other: 1",
        "",
        "no colon",
        &format!("{plain}\r\n{plain}"),
        &format!("{plain}\r\n folded: 1"),
        &format!("{plain}\r\nContent-Disposition : form-data; name=email"),
        &format!("{plain}\nContent-Disposition: form-data; name=email"),
        &format!("{plain}\rContent-Disposition: form-data; name=email"),
        &format!("{plain}\0"),
        &format!("{plain}\r\nContent-Type: multipart/mixed; boundary=C"),
        &format!("{plain}\r\nContent-Transfer-Encoding: base64"),
        &format!("{plain}\r\nContent-Transfer-Encoding: quoted-printable"),
    ] {
        assert_eq!(of_two(head), Err(Malformed), "{head}");
    }
}

#[test]
fn a_body_whose_parts_are_not_plain_to_see_is_unreadable() {
    let part = "Content-Disposition: form-data; name=\"email\"\r\n\r\nbob\r\n";
    for body in [
        String::new(),
        "--B--".repeat(2),
        format!("--B\r\n{part}"),
        format!("--B\r\n{part}--B"),
        format!("--B\r\n{part}--B\r\n"),
        format!("--B\r\n{part}--B-"),
        format!("--B\r\n{part}--B--x"),
        format!("--B\n{part}--B--"),
        format!("--B \r\n{part}--B--"),
        format!("--BB\r\n{part}--B--"),
        format!("x--B\r\n{part}--B--"),
        format!("x\r\n--B\r\n{part}--B--"),
        format!("--B\r\n{part}--B--\r\nx"),
        format!("x\n--B\r\n{part}--B--"),
        format!("--B\r\n{part}x\n--B\r\n{part}--B--"),
        format!("--B\r\n{part}--B--\r\n--B\r\n{part}--B--"),
        "--B\r\nContent-Disposition: form-data; name=\"email\"\r\n--B--".to_owned(),
    ] {
        assert_eq!(email(body.as_bytes()), Err(Malformed), "{body}");
    }
    assert_eq!(email(b"--B--\r\n"), Err(Missing));
}

#[test]
fn hostile_bodies_of_a_megabyte_have_a_defined_result() {
    let part = (&*named("name=\"x\""), "");
    let many = body(&vec![part; 25_000]);
    assert!(many.len() > 1 << 20);
    assert_eq!(email(many.as_bytes()), Err(Malformed));
    assert_eq!(email(body(&vec![part; 1_000]).as_bytes()), Err(Missing));
    assert_eq!(email("--B\r\n".repeat(200_000).as_bytes()), Err(Malformed));
    let hyphens = vec![b'-'; 1 << 20];
    let field = FieldName::new("email");
    let found = gathered(|gathering| {
        read(
            &hyphens,
            (&boundary(&"-".repeat(69)), Charset::Utf8),
            &[&field],
            gathering,
        )
    });
    assert_eq!(found, Err(Malformed));
    let lines = format!("--B\r\n{}", "a:\r\n".repeat(1 << 18));
    assert_eq!(email(lines.as_bytes()), Err(Malformed));
}

proptest! {
    #[test]
    fn any_bytes_are_read(body: Vec<u8>) {
        let _ = email(&body);
    }

    #[test]
    fn pieces_in_any_order_are_read(pieces in prop::collection::vec(prop::sample::select(vec![
        "--B", "--", "\r\n", "\n", "Content-Disposition: form-data; name=\"email\"",
        "Content-Type: text/plain", "bob", "eve", "\"",
    ]), 0..24)) {
        let _ = email(pieces.concat().as_bytes());
    }

    #[test]
    fn every_content_without_the_boundary_comes_back(content in "[a-z@.\r\n-]{0,30}") {
        let whole = body(&[(&named("name=\"x\""), &content), (&named("name=\"email\""), &content)]);
        let expected = gathered(|gathering| gathering.value(content.as_bytes()));
        prop_assert_eq!(email(whole.as_bytes()), expected);
    }
}
