//! Floods of new keys, malformed requests, and accounts that are spelled as no client does.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use super::client::{Manner, Wire};
use super::policy::LOGIN;
use super::random::Random;
use super::waves::{anywhere, form};
use super::world::{Shot, World};
use crate::support::Request;

/// Addresses, accounts and sessions that nobody has seen before, over one connection.
pub(crate) async fn flood(world: Arc<World>, address: SocketAddr, number: u64) {
    let mut random = world.random(5, number);
    let case = world.model.open(format!("flood {number}"), None);
    let mut wire = match random.one_in(2) {
        true => Wire::http2(address),
        false => Wire::http1(address),
    };
    for _ in 0..20 {
        let name = random.next();
        let request = form("/flood", &format!("email=nobody-{name:x}&password=x"))
            .client(&anywhere(&mut random))
            .header(
                "cookie",
                format!("sid={name:x}; palisade-solution=junk; palisade-solution={name}"),
            );
        let wait = Duration::from_millis(random.below(20) as u64);
        let manner = match random.below(10) {
            0 => Manner::LeavesWaiting(wait),
            _ => Manner::Patient,
        };
        world
            .send(&mut wire, Shot::new("flood", case, request).manner(manner))
            .await;
    }
    world.model.close(case, "flood", None);
}

/// Guesses at one account that write its name, the method or the path in odd ways: each is refused or counted.
pub(crate) async fn spelled(world: Arc<World>, address: SocketAddr, number: u64) {
    let mut random = world.random(6, number);
    let case = world
        .model
        .open(format!("spelled {number}"), Some(LOGIN.most));
    for _ in 0..24 {
        let request =
            odd(&mut random, &format!("odd-{case}@example.com")).client(&anywhere(&mut random));
        world
            .send(
                &mut Wire::http1(address),
                Shot::new("spelled", case, request),
            )
            .await;
    }
    world.model.close(case, "spelled", None);
}

fn odd(random: &mut Random, victim: &str) -> Request {
    let upper = victim.to_uppercase();
    let json = |body: &str| {
        Request::post("/login")
            .header("content-type", "application/json")
            .body(body)
    };
    let plain = format!("email={victim}&password=wrong");
    match random.below(20) {
        0 => form("/login", &format!("email={upper}&password=wrong")),
        1 => form("/login", &format!("email=%20{victim}+&password=wrong")),
        2 => form(
            "/login",
            &format!("email={victim}&email={victim}&password=wrong"),
        ),
        3 => form(
            "/login",
            &format!("email={victim}&email={upper}&password=wrong"),
        ),
        4 => form("/login", &format!("email[]={victim}&password=wrong")),
        5 => form("/login", &format!("%65mail={victim}&password=wrong")),
        6 => form("/login", &format!("Email={victim}&password=wrong")),
        7 => form(
            "/login",
            &format!("e.mail={victim}&email={victim}&password=wrong"),
        ),
        8 => form("/login", &plain).header("x-http-method-override", "GET"),
        9 => form("/login", &format!("{plain}&_method=get")),
        10 => form("/login?_method=put", &plain),
        11 => form("/%6Cogin/;x=1", &plain),
        12 => form("//login", &plain),
        13 => form("/x/../login", &plain),
        14 => form("/LOGIN", &plain),
        15 => json(&format!(r#"{{"email":"{victim}","password":"wrong"}}"#)),
        16 => json(&format!(r#"{{"email":"{victim}","email":"{upper}"}}"#)),
        17 => json(&format!(r#"{{"\u0065mail":"{victim}"}}"#)),
        18 => json(&format!(r#"{{"email":["{victim}"]}}"#)),
        _ => form("/login", &plain).replace("content-type", "text/plain"),
    }
}

/// Requests that are none, or nearly so.
pub(crate) async fn malformed(world: Arc<World>, address: SocketAddr, number: u64) {
    let mut random = world.random(7, number);
    for _ in 0..8 {
        let bytes = broken(&mut random);
        world.raw(address, "malformed", &bytes).await;
    }
}

fn broken(random: &mut Random) -> Vec<u8> {
    let client = anywhere(random);
    let head = |line: &str, more: &str| {
        let lines = [
            line,
            "host: shop.example",
            "connection: close",
            &format!("x-forwarded-for: {client}"),
        ];
        format!("{}\r\n{more}\r\n", lines.join("\r\n")).into_bytes()
    };
    let urlencoded = "content-type: application/x-www-form-urlencoded\r\n";
    match random.below(14) {
        0 => head("POST /login HTTP/9.9", ""),
        1 => head("POST /lo\u{7f}gin HTTP/1.1", "content-length: 0\r\n"),
        2 => head(
            "POST /login HTTP/1.1",
            "content-length: 1\r\ncontent-length: 2\r\n",
        ),
        3 => head(
            "POST /login HTTP/1.1",
            "x: \u{80}\u{ff}\r\ncookie: sid=\u{fe}\r\ncontent-length: 0\r\n",
        ),
        4 => head(
            "POST /login HTTP/1.1",
            &format!("{urlencoded}transfer-encoding: chunked\r\n\r\nzz\r\n"),
        ),
        5 => head(
            "GET /account HTTP/1.1",
            &format!("cookie: {}\r\n", "sid=a; ".repeat(400)),
        ),
        6 => head(
            "GET /account HTTP/1.1",
            &format!("cookie: sid={}\r\n", "x".repeat(70_000)),
        ),
        7 => {
            let body = format!("email=a&x={}", "y".repeat(200_000));
            let mut bytes = head(
                "POST /login HTTP/1.1",
                &format!("{urlencoded}content-length: {}\r\n", body.len()),
            );
            bytes.extend(body.into_bytes());
            bytes
        }
        8 => {
            let body = r#"{"email":{"a":"#.repeat(300);
            let kind = "content-type: application/json\r\n";
            let mut bytes = head(
                "POST /login HTTP/1.1",
                &format!("{kind}content-length: {}\r\n", body.len()),
            );
            bytes.extend(body.into_bytes());
            bytes
        }
        9 => head(
            "GET /account?sid=%00%ff&=&&; HTTP/1.1",
            "cookie: sid=\"a\"; sid=b; =; ;;\r\n",
        ),
        10 => head(
            "POST /login HTTP/1.1",
            &format!("{urlencoded}content-encoding: gzip\r\ncontent-length: 0\r\n"),
        ),
        11 => head(
            &format!("GET /account/{} HTTP/1.1", "%2e%2e/".repeat(800)),
            "",
        ),
        12 => head("PRI * HTTP/2.0", ""),
        _ => {
            let noise = (0..random.below(400)).map(|_| random.below(256) as u8);
            noise.chain(*b"\r\n\r\n").collect()
        }
    }
}
