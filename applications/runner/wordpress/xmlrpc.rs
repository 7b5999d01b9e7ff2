//! Those who guess at WordPress's XML-RPC, one by one and in batches.

use super::{LIMIT, PASSWORD, in_or_not};
use crate::attackers::{AGENT, is_answered};
use crate::stage::Stage;
use crate::support::{Request, text};

/// All scenes.
pub(super) fn play(stage: &mut Stage<'_>) {
    stage.scene("passwords by XML-RPC", "5 answered, 15 refused", |stage| {
        let methods = [
            ("wp.getUsersBlogs", 0),
            ("wp.getPosts", 1),
            ("blogger.getUsersBlogs", 1),
        ];
        let guesses = stage.attacker().guesses(20, |attacker, number| {
            let (method, before) = methods[number % methods.len()];
            let mut parameters = vec!["1"; before];
            parameters.extend(["person22", "guess"]);
            attacker.send(&xml(&call(method, &parameters)))
        });
        guesses.to_string()
    });
    stage.scene("one batch of a hundred passwords", "nobody in", |stage| {
        let mut attacker = stage.attacker();
        let batch = multicall((0..100).map(|number| {
            let password = if number == 99 {
                PASSWORD.to_owned()
            } else {
                format!("guess-{number}")
            };
            ("wp.getUsersBlogs", vec!["person23".to_owned(), password])
        }));
        let response = attacker.send(&xml(&batch));
        if is_answered(&response) {
            "the application read it"
        } else {
            "nobody in"
        }
        .to_owned()
    });
    stage.scene("batches and single calls together", "nobody in", |stage| {
        let mut attacker = stage.attacker();
        let plain = xml(&call("wp.getUsersBlogs", &["person24", PASSWORD]));
        assert!(attacker.send(&plain).text().contains("isAdmin"), "before");
        attacker.guesses(LIMIT + 1, |attacker, _| {
            attacker.send(&xml(&call("wp.getUsersBlogs", &["person24", "guess"])))
        });
        attacker.tries(by_xml("person24"), |response| {
            text(&response.body).contains("isAdmin")
        })
    });
    stage.scene("XML-RPC locks nobody else out", "in", |stage| {
        stage.attacker().guesses(60, |attacker, number| {
            let name = format!("nobody{number}");
            attacker.send(&xml(&call("wp.getUsersBlogs", &[&name, "guess"])))
        });
        let right = xml(&call("wp.getUsersBlogs", &["person25", PASSWORD])).client("13.0.0.1");
        in_or_not(stage.site.send(&right).text().contains("isAdmin"))
    });
}

/// The right password in every way that an XML reader takes.
fn by_xml(name: &str) -> Vec<(String, Request)> {
    let plain = call("wp.getUsersBlogs", &[name, PASSWORD]);
    let value = format!("<string>{name}</string>");
    let (first, rest) = name.split_at(1);
    let reference = format!("&#{};{rest}", u32::from(first.as_bytes()[0]));
    let hex = format!("&#x{:x};{rest}", u32::from(first.as_bytes()[0]));
    let bodies = [
        ("as it is meant", plain.clone()),
        ("without a type", plain.replace(&value, name)),
        ("CDATA", plain.replace(name, &format!("<![CDATA[{name}]]>"))),
        (
            "CDATA in the middle",
            plain.replace(name, &format!("{first}<![CDATA[{rest}]]>")),
        ),
        ("a reference", plain.replace(name, &reference)),
        ("a hexadecimal reference", plain.replace(name, &hex)),
        (
            "a comment inside",
            plain.replace(name, &format!("{first}<!-- x -->{rest}")),
        ),
        ("blanks around", plain.replace(name, &format!("  {name}\n"))),
        (
            "base64",
            plain.replace(&value, "<base64>cGVyc29uMjQ=</base64>"),
        ),
        (
            "blanks in tags",
            plain
                .replace("<string>", "<string >")
                .replace("</value>", "</value >"),
        ),
        ("an attribute", plain.replace("<string>", "<string a='>'>")),
        ("capitals", plain.replace("string>", "STRING>")),
        (
            "UTF-16",
            plain.replace(
                "<?xml version=\"1.0\"?>",
                "<?xml version=\"1.0\" encoding=\"UTF-16\"?>",
            ),
        ),
        ("Latin 1", plain.replace("?>", " encoding='ISO-8859-1'?>")),
        (
            "no declaration",
            plain.replace("<?xml version=\"1.0\"?>", ""),
        ),
        (
            "another call first",
            format!("{}{plain}", call("demo.sayHello", &[])),
        ),
        (
            "a field of 70 KB before",
            plain.replace(
                "<params>",
                &format!("<!--{}--><params>", "x".repeat(70_000)),
            ),
        ),
        (
            "a batch of one",
            multicall([(
                "wp.getUsersBlogs",
                vec![name.to_owned(), PASSWORD.to_owned()],
            )]),
        ),
    ];
    let mut ways: Vec<_> = bodies
        .into_iter()
        .map(|(way, body)| (way.to_owned(), xml(&body)))
        .collect();
    for kind in [
        "",
        "application/json",
        "application/x-www-form-urlencoded",
        "text/plain",
        "multipart/form-data",
    ] {
        ways.push((
            format!("type {kind:?}"),
            xml(&plain).replace("content-type", kind),
        ));
    }
    ways.push((
        "a path behind".to_owned(),
        Request::post("/xmlrpc.php/x").body(&plain),
    ));
    ways.push((
        "a query".to_owned(),
        Request::post("/xmlrpc.php?x=1").body(&plain),
    ));
    ways
}

/// A call whose parameters are texts.
pub(super) fn call(method: &str, parameters: &[&str]) -> String {
    let values = parameters
        .iter()
        .map(|value| format!("<param><value><string>{value}</string></value></param>"));
    let values: String = values.collect();
    format!(
        "<?xml version=\"1.0\"?><methodCall><methodName>{method}</methodName><params>{values}</params></methodCall>"
    )
}

fn multicall(calls: impl IntoIterator<Item = (&'static str, Vec<String>)>) -> String {
    let calls = calls.into_iter().map(|(method, parameters)| {
        let values = parameters.iter().map(|value| format!("<value><string>{value}</string></value>"));
        format!(
            "<value><struct><member><name>methodName</name><value><string>{method}</string></value></member>\
             <member><name>params</name><value><array><data>{}</data></array></value></member></struct></value>",
            values.collect::<String>()
        )
    });
    format!(
        "<?xml version=\"1.0\"?><methodCall><methodName>system.multicall</methodName><params><param><value><array><data>\
         {}</data></array></value></param></params></methodCall>",
        calls.collect::<String>()
    )
}

/// Its request.
pub(super) fn xml(body: &str) -> Request {
    let request = Request::post("/xmlrpc.php").header("user-agent", AGENT);
    request.header("content-type", "text/xml").body(body)
}
