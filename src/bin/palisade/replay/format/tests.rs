use super::*;

fn read(line: &str) -> String {
    let mut reader = Reader::new(Format::Auto, b',', Vec::new());
    told(reader.read(line))
}

fn told(read: Result<Option<(Record<'_>, Format)>, Fault>) -> String {
    match read {
        Err(fault) => format!("fault: {}", fault.name()),
        Ok(None) => "nothing".to_owned(),
        Ok(Some((record, format))) => format!(
            "{} {} {}ms {} {} {}{} {:?} {}",
            format.name(),
            record.time.rfc3339(),
            record.duration.as_millis(),
            record.client,
            record.method,
            record.host,
            record.path,
            record.status,
            record.agent.as_deref().unwrap_or("none"),
        ),
    }
}

#[test]
fn every_format_says_the_same_of_one_request() {
    let said = |format: &str, milliseconds: u32| {
        format!(
            "{format} 2026-12-01T01:14:31.000Z {milliseconds}ms 11.0.0.4 POST shop.example/login?a=b Some(401) curl/8"
        )
    };
    let envoy = r#"[2026-12-01T01:14:31.000Z] "POST /login?a=b HTTP/2" 401 - 12 34 56 55 "11.0.0.4" "curl/8" "7c1e" "shop.example" "10.0.0.7:80""#;
    assert_eq!(read(envoy), said("envoy", 56));
    let istio = r#"[2026-12-01T01:14:31.000Z] "POST /login?a=b HTTP/2" 401 - via_upstream - "-" 12 34 56 55 "-" "curl/8" "7c1e" "shop.example" "10.0.0.7:80" outbound|80||a 10.0.0.1:1 10.0.0.2:80 11.0.0.4:5 - default"#;
    assert_eq!(
        read(istio),
        said("istio", 56).replace("11.0.0.4", "11.0.0.4:5")
    );
    let json = r#"{"start_time":"2026-12-01T01:14:31.000Z","method":"POST","path":"/login?a=b","response_code":401,"duration":56,"downstream_remote_address":"11.0.0.4","user_agent":"curl/8","authority":"shop.example","upstream":{"a":[1,null]},"bytes":1.5}"#;
    assert_eq!(read(json), said("json", 56));
    let vhost = r#"shop.example 11.0.0.4 - - [01/Dec/2026:02:14:31 +0100] "POST /login?a=b HTTP/1.1" 401 12 "-" "curl/8""#;
    assert_eq!(read(vhost), said("combined", 0));
    let alb = r#"https 2026-12-01T01:14:31.056000Z app/lb/1 11.0.0.4:5 10.0.0.7:80 0.001 0.054 0.001 401 401 12 34 "POST https://shop.example:443/login?a=b HTTP/2.0" "curl/8" - - arn "Root=1" "shop.example" "arn" 0 2026-12-01T01:14:31.000000Z "forward" "-" "-" "-" "-" "-" "-""#;
    assert_eq!(
        read(alb),
        said("alb", 56)
            .replace("11.0.0.4", "11.0.0.4:5")
            .replace("shop.example/", "shop.example:443/")
    );
}

#[test]
fn columns_have_names_or_numbers() {
    let mut named = Reader::new(Format::Csv, b';', vec![mapped("client=who").expect("one")]);
    assert_eq!(
        told(named.read("Time;who;client;method;path;status;user_agent")),
        "nothing"
    );
    let line = "2026-12-01 01:14:31;11.0.0.4;x;GET;\"/a;\"\"b\"\"\";200;curl/8";
    let expected = "csv 2026-12-01T01:14:31.000Z 0ms 11.0.0.4 GET /a;\"b\" Some(200) curl/8";
    assert_eq!(told(named.read(line)), expected);
    let numbers = [
        "time=1", "client=2", "method=4", "path=5", "status=6", "agent=7",
    ];
    let numbers = numbers.map(|text| mapped(text).expect(text)).to_vec();
    let mut numbered = Reader::new(Format::Csv, b';', numbers);
    assert_eq!(told(numbered.read(line)), expected);
}

#[test]
fn what_a_client_writes_into_its_user_agent_moves_no_field() {
    let line = r#"[2026-12-01T01:14:31.000Z] "GET / HTTP/1.1" 200 - 0 1 2 1 "11.0.0.4" "a" b" c" "7c1e" "shop.example" "-""#;
    let expected =
        "envoy 2026-12-01T01:14:31.000Z 2ms 11.0.0.4 GET shop.example/ Some(200) a\" b\" c";
    assert_eq!(read(line), expected);
}

#[test]
fn what_lacks_a_part_is_told_by_that() {
    for (line, expected) in [
        ("", "nothing"),
        ("#Fields: a b", "nothing"),
        ("hello", "fault: in no known format"),
        ("{\"time\":", "fault: in no known format"),
        ("{}", "fault: without a method and a path"),
        (
            r#"{"request":"GET / HTTP/1.1","status":"200"}"#,
            "fault: without an address of a client",
        ),
        (
            r#"{"request":"GET / HTTP/1.1","client":"11.0.0.4"}"#,
            "fault: without a time that can be read",
        ),
        (
            r#"{"request":"GET / HTTP/1.1","client":"11.0.0.4","time":"noon"}"#,
            "fault: without a time that can be read",
        ),
        (
            r#"{"request":"G\u0000T / HTTP/1.1","client":"11.0.0.4","time":1796087671}"#,
            "fault: without a method and a path",
        ),
        (
            r#"{"request":"GET / HTTP/1.1","client":"11.0.0.4","time":1796087671,"status":"ok"}"#,
            "fault: with a status that is no number",
        ),
    ] {
        assert_eq!(read(line), expected, "{line}");
    }
}

#[test]
fn a_mapping_names_a_field_that_there_is() {
    assert!(mapped("account=user.name").is_ok());
    assert!(mapped("account").is_err());
    assert!(mapped("colour=red").expect_err("none").contains("account"));
}

proptest::proptest! {
    #[test]
    fn any_line_is_read_or_told(line: String, format in 0..7_usize) {
        let all = Format::value_variants();
        let mut reader = Reader::new(all[format], b',', Vec::new());
        for _ in 0..2 {
            let _ = reader.read(&line).map(|read| read.is_some());
        }
    }
}
