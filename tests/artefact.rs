//! What `make build` makes: `target/palisade.wasm`.

#![allow(
    clippy::arithmetic_side_effects,
    clippy::indexing_slicing,
    clippy::expect_used,
    reason = "a test"
)]

use std::path::Path;

/// The filter, as it was built.
fn filter() -> Vec<u8> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("target/palisade.wasm");
    std::fs::read(path).expect("target/palisade.wasm: run `make build`")
}

/// A number in LEB128, and what follows it.
fn number(bytes: &[u8]) -> (usize, &[u8]) {
    let length = 1 + bytes.iter().take_while(|byte| **byte & 0x80 != 0).count();
    let (number, rest) = bytes.split_at(length);
    let digits = number.iter().rev();
    let value = digits.fold(0, |value, byte| value << 7 | usize::from(byte & 0x7f));
    (value, rest)
}

/// The functions that a module exports (WebAssembly 2.0, 5.5.10).
fn exported_functions(module: &[u8]) -> Vec<String> {
    const EXPORTS: u8 = 7;
    let mut rest = &module[8..];
    while let [section, after @ ..] = rest {
        let (size, after) = number(after);
        let (content, after) = after.split_at(size);
        rest = after;
        if *section != EXPORTS {
            continue;
        }
        let (count, mut entries) = number(content);
        let mut functions = Vec::new();
        for _ in 0..count {
            let (length, name) = number(entries);
            let (name, kind) = name.split_at(length);
            let (_, after) = number(&kind[1..]);
            entries = after;
            if kind[0] == 0 {
                functions.push(String::from_utf8_lossy(name).into_owned());
            }
        }
        return functions;
    }
    Vec::new()
}

/// Envoy calls each callback that is exported, on every request.
#[test]
fn the_filter_exports_the_callbacks_that_it_needs_and_no_other() {
    let mut functions = exported_functions(&filter());
    functions.retain(|name| name.starts_with("proxy_"));
    functions.sort();
    let needed = [
        "proxy_abi_version_0_2_1",
        "proxy_on_configure",
        "proxy_on_context_create",
        "proxy_on_delete",
        "proxy_on_http_call_response",
        "proxy_on_memory_allocate",
        "proxy_on_request_body",
        "proxy_on_request_headers",
        "proxy_on_request_trailers",
        "proxy_on_response_body",
        "proxy_on_response_headers",
        "proxy_on_response_trailers",
        "proxy_on_tick",
    ];
    assert_eq!(functions, needed);
}

/// What times its callbacks is for benches/pauses alone.
#[test]
fn the_filter_times_no_callback() {
    let filter = filter();
    let name = b"palisade_pauses";
    assert!(!filter.windows(name.len()).any(|window| window == name));
}
