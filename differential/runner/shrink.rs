//! The smallest request that is still read differently.

use super::place::Case;
use super::request::Request;

/// How often a server may be asked for one request.
const MOST_TRIES: usize = 600;

/// Drops pieces of a request for as long as `differs`: whole lines first, then ever smaller runs of bytes.
pub(crate) fn shrink(case: &Case, differs: &mut dyn FnMut(&Case) -> bool) -> Case {
    let mut best = case.clone();
    let mut tries = 0;
    let mut attempt = |best: &mut Case, request: Request| {
        tries += 1;
        if tries > MOST_TRIES || request.weight() >= best.request.weight() {
            return false;
        }
        let smaller = Case {
            request,
            ..best.clone()
        };
        let still = differs(&smaller);
        if still {
            *best = smaller;
        }
        still
    };
    loop {
        let before = best.request.size();
        if best.request.is_http2 {
            let request = Request {
                is_http2: false,
                ..best.request.clone()
            };
            attempt(&mut best, request);
        }
        let mut at = 0;
        while at < best.request.headers.len() {
            let mut request = best.request.clone();
            request.headers.remove(at);
            if !attempt(&mut best, request) {
                at += 1;
            }
        }
        if best.request.body.is_some() {
            let request = Request {
                body: None,
                ..best.request.clone()
            };
            attempt(&mut best, request);
        }
        // The body, the target, each header; a part that is gone has no bytes.
        for part in 0..2 + best.request.headers.len() {
            let mut size = bytes_of(&best.request, part).len().div_ceil(2);
            while size > 0 {
                let mut at = 0;
                while at < bytes_of(&best.request, part).len() {
                    let mut bytes = bytes_of(&best.request, part).to_vec();
                    bytes.drain(at..bytes.len().min(at + size));
                    let request = with_bytes(&best.request, part, bytes);
                    if !attempt(&mut best, request) {
                        at += size;
                    }
                }
                size /= 2;
            }
        }
        if best.request.size() == before {
            return best;
        }
    }
}

fn bytes_of(request: &Request, part: usize) -> &[u8] {
    match part {
        0 => request.body.as_deref().unwrap_or_default(),
        1 => &request.target,
        header => request
            .headers
            .get(header - 2)
            .map_or(&[], |(_, value)| value),
    }
}

fn with_bytes(request: &Request, part: usize, bytes: Vec<u8>) -> Request {
    let mut request = request.clone();
    match part {
        0 => request.body = Some(bytes),
        1 => request.target = bytes,
        header => {
            if let Some((_, value)) = request.headers.get_mut(header - 2) {
                *value = bytes;
            }
        }
    }
    request
}
