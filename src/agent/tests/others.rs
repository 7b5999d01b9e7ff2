//! What programs send.

use super::*;

const WINDOWS: &str = "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0.0.0 Safari/537.36";
const PIXEL: &str = "Mozilla/5.0 (Linux; Android 10; K) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0.0.0 Mobile Safari/537.36";
const MAC_SAFARI: &str = "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.6 Safari/605.1.15";
const FIREFOX: &str =
    "Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:143.0) Gecko/20100101 Firefox/143.0";
const EXPLORER: &str = "Mozilla/5.0 (Windows NT 10.0; WOW64; Trident/7.0; rv:11.0) like Gecko";
const BRANDS: &str = r#""Chromium";v="140", "Not=A?Brand";v="24", "Google Chrome";v="140""#;

#[test]
fn an_agent_that_is_not_there_is_missing() {
    let missing = told(&[AgentSignal::Missing]);
    for agent in ["", " ", "\t  "] {
        assert_eq!(signals((agent, "", "", "")), missing);
    }
    assert!(is_suspicious(missing));
}

#[test]
fn libraries_and_tools_are_scripted() {
    let scripted = told(&[AgentSignal::Scripted]);
    for agent in [
        "curl/8.9.1",
        "CURL/8.9.1",
        "Wget/1.21.4",
        "python-requests/2.32.3",
        "Python-urllib/3.12",
        "python-urllib3/2.2.1",
        "Python/3.12 aiohttp/3.10.5",
        "python-httpx/0.27.2",
        "PycURL/7.45.3 libcurl/8.9.1",
        "Go-http-client/1.1",
        "go-resty/2.13.1 (https://github.com/go-resty/resty)",
        "fasthttp",
        "Java/17.0.12",
        "Java-http-client/21.0.4",
        "Apache-HttpClient/5.3.1 (Java/17.0.12)",
        "ReactorNetty/1.1.21",
        "node",
        "node-fetch/1.0 (+https://github.com/bitinn/node-fetch)",
        "undici",
        "axios/1.7.7",
        "got (https://github.com/sindresorhus/got)",
        "Deno/1.46.3",
        "Bun/1.1.27",
        "Scrapy/2.11.2 (+https://scrapy.org)",
        "libwww-perl/6.77",
        "LWP::Simple/6.77 libwww-perl/6.77",
        "WWW-Mechanize/2.19",
        "Ruby",
        "Faraday v2.11.0",
        "rest-client/2.1.0 (linux x86_64) ruby/3.3.4p94",
        "PHP/8.3.11",
        "GuzzleHttp/7",
        "Symfony HttpClient/Curl",
        "RestSharp/112.0.0.0",
        "reqwest/0.12.7",
        "PostmanRuntime/7.42.0",
        "insomnia/10.0.0",
        "HTTPie/3.2.3",
        "k6/0.53.0 (https://k6.io/)",
        "hey/0.0.1",
        "Mozilla/4.0 (Hydra)",
        "sqlmap/1.8.9#stable (https://sqlmap.org)",
        "Mozilla/5.00 (Nikto/2.5.0) (Evasions:None) (Test:Port Check)",
        "Mozilla/5.0 (compatible; Nmap Scripting Engine; https://nmap.org/book/nse.html)",
        "OpenBullet/1.4.4",
        "OpenBullet2/0.3.2",
        "SilverBullet/1.1.4",
        "masscan/1.3 (https://github.com/robertdavidgraham/masscan)",
        "Mozilla/5.0 zgrab/0.x",
        "Mozilla/5.0 (Windows NT; Windows NT 10.0; en-US) WindowsPowerShell/5.1.19041.4522",
        "Mozilla/4.0 (compatible; Win32; WinHttp.WinHttpRequest.5)",
        "Nuclei - Open-source project (github.com/projectdiscovery/nuclei)",
    ] {
        assert_eq!(signals((agent, "", "", "")), scripted, "{agent}");
    }
}

#[test]
fn browsers_that_a_program_steers_are_headless() {
    for agent in [
        "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) HeadlessChrome/140.0.0.0 Safari/537.36",
        "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) HeadlessChrome/140.0.0.0 Safari/537.36 HeadlessEdg/140.0.0.0",
        "Mozilla/5.0 (Unknown; Linux x86_64) AppleWebKit/538.1 (KHTML, like Gecko) PhantomJS/2.1.1 Safari/538.1",
        "Mozilla/5.0 (linux) AppleWebKit/537.36 (KHTML, like Gecko) jsdom/25.0.0",
        "Playwright/1.47.0 (x64; ubuntu 22.04) node/20.17",
        "selenium/4.24.0 (python linux)",
        "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/602.1 (KHTML, like Gecko) splash Version/10.0 Safari/602.1",
        "Mozilla/5.0 (Linux; Android 11; moto g power (2022)) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/136.0.0.0 Mobile Safari/537.36 Chrome-Lighthouse",
    ] {
        let found = signals((agent, "", "", ""));
        let headless = told(&[AgentSignal::Headless]);
        assert_eq!(found, headless, "{agent}");
    }
    let hidden = r#""Chromium";v="140", "HeadlessChrome";v="140", "Not=A?Brand";v="24""#;
    assert_eq!(
        signals((WINDOWS, hidden, "?0", "\"Windows\"")),
        told(&[AgentSignal::Headless])
    );
}

#[test]
fn what_no_browser_says_of_itself_is_impossible() {
    for agent in [
        "Mozilla/5.0",
        "Mozilla/4.0",
        "Mozilla/5.0 ()",
        "Mozilla/5.0 (Windows NT 10.0; Win64; x64) Chrome/140.0.0.0 Safari/537.36",
        "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/605.1.15 (KHTML, like Gecko) Chrome/140.0.0.0 Safari/605.1.15",
        "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/999.0.0.0 Safari/537.36",
        "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/99999999999999.0.0.0 Safari/537.36",
        "Mozilla/5.0 (Windows NT 10.0; rv:555.0) Gecko/20100101 Firefox/555.0",
        "Mozilla/5.0 (Windows NT 10.0; rv:143.0) Firefox/143.0",
        "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0.0.0 Safari/537.36 Edg/121.0.0.0",
        "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Safari/537.36 Edg/121.0.0.0",
        "Mozilla/5.0 (iPhone; CPU iPhone OS 17_0 like Mac OS X) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0.0.0 Mobile Safari/537.36",
    ] {
        let found = signals((agent, "", "", ""));
        let impossible = told(&[AgentSignal::Impossible]);
        assert_eq!(found, impossible, "{agent}");
    }
}

#[test]
fn hints_that_contradict_the_agent_are_impossible() {
    for (agent, brands, mobile, platform) in [
        (EXPLORER, BRANDS, "?0", "\"Windows\""),
        (FIREFOX, BRANDS, "?0", "\"Windows\""),
        (MAC_SAFARI, BRANDS, "?0", "\"macOS\""),
        (
            WINDOWS,
            r#""Chromium";v="119", "Google Chrome";v="119""#,
            "?0",
            "\"Windows\"",
        ),
        (WINDOWS, BRANDS, "?1", "\"Windows\""),
        (WINDOWS, BRANDS, "?1", ""),
        (WINDOWS, BRANDS, "?0", "\"macOS\""),
        (PIXEL, BRANDS, "?1", "\"Windows\""),
        (PIXEL, BRANDS, "?1", "\"macOS\""),
        (MAC_SAFARI, "", "?0", "\"Windows\""),
    ] {
        let lines = (agent, brands, mobile, platform);
        let found = signals(lines);
        assert_eq!(found, told(&[AgentSignal::Impossible]), "{lines:?}");
    }
    for (agent, brands) in [
        (WINDOWS, "garbage"),
        (WINDOWS, r#""Chromium";v="x""#),
        (WINDOWS, r#""Chromium";v=""#),
        ("Bank/5.2 (app)", BRANDS),
    ] {
        assert_eq!(
            signals((agent, brands, "?2", "Windows")),
            told(&[]),
            "{brands}"
        );
    }
}

#[test]
fn crawlers_only_say_that_they_are_some() {
    for agent in [
        "Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)",
        "Mozilla/5.0 AppleWebKit/537.36 (KHTML, like Gecko; compatible; bingbot/2.0; +http://www.bing.com/bingbot.htm) Chrome/116.0.1938.76 Safari/537.36",
        "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_5) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/13.1.1 Safari/605.1.15 (Applebot/0.1; +http://www.apple.com/go/applebot)",
        "facebookexternalhit/1.1 (+http://www.facebook.com/externalhit_uatext.php)",
        "Mozilla/5.0 (compatible; YandexBot/3.0; +http://yandex.com/bots)",
        "Slackbot-LinkExpanding 1.0 (+https://api.slack.com/robots)",
        "DoCoMo/2.0 N905i(c100;TB;W24H16) (compatible; Googlebot-Mobile/2.1; +http://www.google.com/bot.html)",
        "GoogleOther-Image/1.0",
        "Mozilla/5.0 (compatible; SemrushBot-SI/0.97; +http://www.semrush.com/bot.html)",
        "Mozilla/5.0 (compatible; coccocbot-web/1.0; +http://help.coccoc.com/searchengine)",
        "Mozilla/5.0 (compatible; AdsBot-Google-Mobile; +http://www.google.com/mobile/adsbot.html)",
        "Sogou web spider/4.0(+http://www.sogou.com/docs/help/webmasters.htm#07)",
        "Mozilla/5.0 (compatible; archive.org_bot +http://archive.org/details/archive.org_bot)",
    ] {
        let crawler = told(&[AgentSignal::CrawlerClaimed]);
        assert_eq!(signals((agent, "", "", "")), crawler, "{agent}");
        assert!(!is_suspicious(crawler));
    }
}

#[test]
fn bytes_that_are_no_utf8_are_read_like_others() {
    let agent = Agent {
        user_agent: Some(b"\xff\xfe (sqlmap/1)"),
        ..Agent::default()
    };
    assert_eq!(agent.signals(None), told(&[AgentSignal::Scripted]));
    let agent = Agent {
        user_agent: Some(b"Bank\xe9/1.0"),
        ..Agent::default()
    };
    assert_eq!(agent.signals(None), told(&[]));
}
