//! The names that are known, kept by hand: add to them in lower case and in order.

use Kind::{Crawler, Headless, Resolver, Tool};

/// What a name stands for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    /// An HTTP library or a tool, if it stands first: it may be a word like others elsewhere.
    Resolver,
    /// The same, wherever it stands.
    Tool,
    /// A browser that a program steers.
    Headless,
    /// A search engine, a preview or an archive.
    Crawler,
}

/// What a name stands for, whatever its case. A crawler's name with a suffix, such as `Googlebot-Mobile`, is that
/// crawler's, and what calls itself a bot, spider or crawler is one.
pub(super) fn kind(name: &[u8]) -> Option<Kind> {
    let before = |at| name.get(..at).and_then(known);
    let hyphens = || (0..name.len()).filter(|at| name.get(*at) == Some(&b'-'));
    known(name).or_else(|| {
        let suffixed = hyphens().any(|at| before(at) == Some(Crawler));
        (suffixed || name.split(|byte| b"-_.".contains(byte)).any(is_robot)).then_some(Crawler)
    })
}

/// Whether a word is one for a crawler. `CUBOT` makes telephones.
fn is_robot(word: &[u8]) -> bool {
    let ends = |own: &&str| {
        let at = word.len().checked_sub(own.len());
        let end = at.and_then(|at| word.get(at..));
        end.is_some_and(|end| end.eq_ignore_ascii_case(own.as_bytes()))
    };
    ["bot", "spider", "crawler"].iter().any(ends) && !word.eq_ignore_ascii_case(b"cubot")
}

/// What a name of the table stands for.
fn known(name: &[u8]) -> Option<Kind> {
    let lower = || name.iter().map(u8::to_ascii_lowercase);
    NAMES
        .binary_search_by(|(known, _)| known.bytes().cmp(lower()))
        .ok()
        .and_then(|index| NAMES.get(index))
        .map(|(_, kind)| *kind)
}

const NAMES: [(&str, Kind); 141] = [
    ("ab", Resolver),
    ("acunetix", Tool),
    ("aiohttp", Tool),
    ("apache-cxf", Resolver),
    ("apache-httpclient", Resolver),
    ("apachebench", Resolver),
    ("apis-google", Crawler),
    ("arachni", Tool),
    ("async-http-client", Resolver),
    ("axios", Resolver),
    ("bingpreview", Crawler),
    ("bruno", Resolver),
    ("bruno-runtime", Resolver),
    ("bun", Resolver),
    ("censysinspect", Tool),
    ("chatgpt-user", Crawler),
    ("chrome-lighthouse", Headless),
    ("colly", Resolver),
    ("curl", Resolver),
    ("deno", Resolver),
    ("dirbuster", Tool),
    ("facebookcatalog", Crawler),
    ("facebookexternalhit", Crawler),
    ("faraday", Resolver),
    ("fasthttp", Resolver),
    ("feedfetcher-google", Crawler),
    ("feroxbuster", Tool),
    ("go-http-client", Tool),
    ("go-resty", Tool),
    ("gobuster", Tool),
    ("google-inspectiontool", Crawler),
    ("googleother", Crawler),
    ("got", Resolver),
    ("guzzle", Resolver),
    ("guzzlehttp", Tool),
    ("havij", Tool),
    ("headlesschrome", Headless),
    ("headlessedg", Headless),
    ("htmlunit", Headless),
    ("http-client", Resolver),
    ("http.rb", Resolver),
    ("httpclient", Resolver),
    ("httpie", Resolver),
    ("httpunit", Resolver),
    ("httpx", Resolver),
    ("httrack", Tool),
    ("hydra", Resolver),
    ("hyper", Resolver),
    ("ia_archiver", Crawler),
    ("insomnia", Resolver),
    ("jakarta", Resolver),
    ("java", Resolver),
    ("java-http-client", Resolver),
    ("jersey", Resolver),
    ("jodd", Resolver),
    ("jsdom", Headless),
    ("k6", Resolver),
    ("ky", Resolver),
    ("libcurl", Resolver),
    ("libcurl-agent", Resolver),
    ("libfetch", Resolver),
    ("libwww-perl", Tool),
    ("lua-resty-http", Resolver),
    ("lwp-request", Resolver),
    ("lwp-trivial", Resolver),
    ("lwp::simple", Resolver),
    ("masscan", Tool),
    ("mechanize", Resolver),
    ("mediapartners-google", Crawler),
    ("meta-externalagent", Crawler),
    ("needle", Resolver),
    ("nessus", Tool),
    ("netsparker", Tool),
    ("nikto", Tool),
    ("nmap", Tool),
    ("node", Resolver),
    ("node-fetch", Resolver),
    ("node-superagent", Resolver),
    ("node.js", Resolver),
    ("nuclei", Tool),
    ("oha", Resolver),
    ("openbullet", Tool),
    ("openbullet2", Tool),
    ("openvas", Tool),
    ("pecl::http", Resolver),
    ("perl", Resolver),
    ("phantomjs", Headless),
    ("php", Resolver),
    ("playwright", Headless),
    ("postmanruntime", Resolver),
    ("powershell", Resolver),
    ("puppeteer", Headless),
    ("pycurl", Resolver),
    ("python", Resolver),
    ("python-httpx", Resolver),
    ("python-requests", Tool),
    ("python-urllib", Tool),
    ("python-urllib3", Tool),
    ("python3", Resolver),
    ("reactornetty", Resolver),
    ("req", Resolver),
    ("reqwest", Resolver),
    ("rest-client", Resolver),
    ("restsharp", Resolver),
    ("resty", Resolver),
    ("ruby", Resolver),
    ("scrapy", Tool),
    ("selenium", Headless),
    ("siege", Tool),
    ("silverbullet", Tool),
    ("slimerjs", Headless),
    ("slurp", Crawler),
    ("snoopy", Resolver),
    ("sqlmap", Tool),
    ("superagent", Resolver),
    ("symfony", Resolver),
    ("typhoeus", Resolver),
    ("undici", Resolver),
    ("unirest", Resolver),
    ("unirest-java", Resolver),
    ("ureq", Resolver),
    ("urllib3", Resolver),
    ("vegeta", Resolver),
    ("vert.x-webclient", Resolver),
    ("w3af", Tool),
    ("wfuzz", Tool),
    ("wget", Resolver),
    ("wget2", Resolver),
    ("whatweb", Tool),
    ("windowspowershell", Tool),
    ("winhttp", Resolver),
    ("winhttp.winhttprequest.5", Tool),
    ("wpscan", Tool),
    ("wrk", Resolver),
    ("www-mechanize", Resolver),
    ("yandeximages", Crawler),
    ("yeti", Crawler),
    ("zend_http_client", Resolver),
    ("zgrab", Tool),
    ("zmeu", Tool),
    ("zombie.js", Headless),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_in_order_and_in_lower_case() {
        assert!(NAMES.is_sorted_by(|one, next| one.0 < next.0));
        for (name, expected) in NAMES {
            assert_eq!(name, name.to_ascii_lowercase());
            assert_eq!(
                kind(name.to_ascii_uppercase().as_bytes()),
                Some(expected),
                "{name}"
            );
        }
        assert_eq!(kind(b""), None);
        assert_eq!(kind(b"\xff"), None);
    }
}
