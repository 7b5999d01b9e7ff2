//! Requests whose every key is new.

use crate::support::Request;

/// A client by its number: an address of its own in 11.0.0.0/8, an account and a session.
pub(crate) fn client(number: u32) -> String {
    let host = number.wrapping_mul(0x009e_3779) & 0x00ff_ffff;
    std::net::Ipv4Addr::from(0x0b00_0000 | host).to_string()
}

/// A login of somebody who has never been seen. Every second one has the right password.
pub(crate) fn stranger(number: u32) -> Request {
    let password = if number.is_multiple_of(2) {
        "right"
    } else {
        "wrong"
    };
    browser("/login", &client(number))
        .header("content-type", "application/x-www-form-urlencoded")
        .header("cookie", session(number))
        .body(format!(
            "email=user{number}%40example.net&password={password}"
        ))
}

pub(crate) fn session(number: u32) -> String {
    format!("sid=0123456789abcdef0123456789{number:08x}")
}

/// A POST as a browser writes it.
pub(crate) fn browser(path: &str, address: &str) -> Request {
    Request::post(path)
        .client(address)
        .header(
            "user-agent",
            "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0",
        )
        .header("accept", "text/html,application/xhtml+xml")
        .header("accept-language", "en-US,en;q=0.5")
        .header("origin", "https://shop.example")
}
