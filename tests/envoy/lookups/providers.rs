//! Every intelligence API is asked in its own form, and its answer reaches the application.

use serde_json::{Value, json};

use crate::lookups::scene::{configuration, told};
use crate::support::{Answer, KEY, Received, Scene, http1, post};

/// One preset: what it asks (target and, when the key stands there, header), and what its answer, a file under
/// `tests/fixtures/providers`, tells the application.
struct Preset {
    name: &'static str,
    authority: &'static str,
    target: &'static str,
    key: Option<(&'static str, &'static str)>,
    answer: &'static str,
    told: &'static str,
}

const ADDRESS: &str = "11.0.0.1";

const PRESETS: [Preset; 10] = [
    Preset {
        name: "ipasis",
        authority: "api.ipasis.com",
        target: "/v1/lookup?ip=11.0.0.1",
        key: Some(("x-api-key", KEY)),
        answer: "vpn_hosting",
        told: "vpn,hosting score=75 asn=64502 hosting RO",
    },
    Preset {
        name: "ipinfo",
        authority: "ipinfo.io",
        target: "/11.0.0.1/json",
        key: Some(("authorization", "Bearer k3y:with/odd+parts")),
        answer: "vpn",
        told: "vpn,hosting score=75 asn=64502 hosting NL",
    },
    Preset {
        name: "ipinfo_core",
        authority: "api.ipinfo.io",
        target: "/lookup/11.0.0.1",
        key: Some(("authorization", "Bearer k3y:with/odd+parts")),
        answer: "residential_proxy",
        told: "residential_proxy,mobile score=30 asn=64501 isp RO",
    },
    Preset {
        name: "maxmind",
        authority: "geoip.maxmind.com",
        target: "/geoip/v2.1/insights/11.0.0.1",
        key: Some(("authorization", "Basic azN5OndpdGgvb2RkK3BhcnRz")),
        answer: "vpn",
        told: "vpn,hosting score=75 asn=64501 hosting US",
    },
    Preset {
        name: "ipqualityscore",
        authority: "www.ipqualityscore.com",
        target: "/api/json/ip/k3y%3Awith%2Fodd%2Bparts/11.0.0.1",
        key: None,
        answer: "vpn",
        told: "vpn,hosting score=87 asn=64501 hosting US",
    },
    Preset {
        name: "ipapi_is",
        authority: "api.ipapi.is",
        target: "/?q=11.0.0.1&key=k3y%3Awith%2Fodd%2Bparts",
        key: None,
        answer: "abusive_hosting",
        told: "hosting,abuse score=100 asn=64501 hosting US",
    },
    Preset {
        name: "abuseipdb",
        authority: "api.abuseipdb.com",
        target: "/api/v2/check?ipAddress=11.0.0.1&maxAgeInDays=30",
        key: Some(("key", KEY)),
        answer: "tor_hosting",
        told: "tor,hosting score=100 hosting DE",
    },
    Preset {
        name: "spur",
        authority: "api.spur.us",
        target: "/v2/context/11.0.0.1",
        key: Some(("token", KEY)),
        answer: "residential_proxy",
        told: "residential_proxy,abuse score=100 asn=64501 US",
    },
    Preset {
        name: "vpnapi_io",
        authority: "vpnapi.io",
        target: "/api/11.0.0.1?key=k3y%3Awith%2Fodd%2Bparts",
        key: None,
        answer: "vpn_relay",
        told: "vpn,relay score=45 asn=64501 US",
    },
    Preset {
        name: "crowdsec",
        authority: "cti.api.crowdsec.net",
        target: "/v2/smoke/11.0.0.1",
        key: Some(("x-api-key", KEY)),
        answer: "proxy_or_vpn",
        told: "proxy,abuse score=100 asn=64502 NL",
    },
];

/// What each form of the default provider's answers tells the application.
const IPASIS: [(&str, &str); 14] = [
    ("hosting_denied", "score=0 asn=64505 hosting US"),
    ("nulls", "unknown"),
    ("older_flat", "vpn,hosting score=75 NL"),
    ("older_flat_asn", "score=0 asn=64510 hosting"),
    ("older_nested", "proxy,hosting score=75 asn=64511 hosting"),
    ("older_nested_mobile", "mobile score=0 asn=64512 mobile"),
    ("residential", "score=0 asn=64501 isp US"),
    ("third_party_score", "vpn score=91"),
    ("third_party_trust", "score=15"),
    ("tor", "tor,abuse score=100 asn=64503 hosting DE"),
    ("types_empty", "score=0 asn=64504"),
    ("validate_email", "vpn score=72"),
    ("validate_email_details", "vpn score=50"),
    ("vpn_hosting", "vpn,hosting score=75 asn=64502 hosting RO"),
];

fn fixture(preset: &str, name: &str) -> Answer {
    let root = env!("CARGO_MANIFEST_DIR");
    let file = format!("{root}/tests/fixtures/providers/{preset}/{name}.json");
    Answer::status(200).body(std::fs::read(&file).expect(&file))
}

/// This provider on the route `path`, which refuses nothing.
fn monitored(provider: Value, path: &str) -> Value {
    let mut all = configuration(json!({"provider": provider}));
    all["mode"] = "monitor".into();
    all["routes"][0]["match"]["path"] = path.into();
    all
}

/// The one request that the API got for a request of `path`, and what the application was told.
async fn ask(scene: &Scene, path: &str) -> (Received, String) {
    scene.api.forget();
    assert_eq!(scene.send(&post(path, ADDRESS)).await.status, 200);
    assert_eq!(
        scene.api.count(),
        1,
        "{path}: what another provider said of the address is not used"
    );
    (scene.api.last(), told(&scene.application.last()))
}

/// The header lines that hold the key, in clear or encoded.
fn key_lines(request: &Received) -> Vec<(&str, String)> {
    let lines = request
        .headers
        .iter()
        .map(|(name, value)| (name.as_str(), String::from_utf8_lossy(value).into_owned()));
    lines
        .filter(|(_, value)| value.contains("k3y") || value.contains("azN5"))
        .collect()
}

#[tokio::test]
async fn every_preset_asks_in_its_form_and_its_answer_is_told() {
    let mut scene = Scene::with(&monitored(json!("ipasis"), "/before"), |config| {
        config.workers(1).alone()
    })
    .await;
    for preset in &PRESETS {
        let path = format!("/{}", preset.name);
        scene
            .protect(&monitored(json!(preset.name), &path), &path)
            .await;
        scene.api.answer(fixture(preset.name, preset.answer));
        let (request, told) = ask(&scene, &path).await;
        assert_eq!(
            (request.method.as_str(), request.target.as_str()),
            ("GET", preset.target),
            "{}",
            preset.name
        );
        assert_eq!(request.header("host").as_deref(), Some(preset.authority));
        assert_eq!(
            request.header("accept").as_deref(),
            Some("application/json")
        );
        let key: Vec<(&str, String)> = preset
            .key
            .into_iter()
            .map(|(name, value)| (name, value.to_owned()))
            .collect();
        assert_eq!(key_lines(&request), key, "{}", preset.name);
        assert_eq!(request.body.len(), 0);
        assert_eq!(told, preset.told, "{}", preset.name);
    }
}

#[tokio::test]
async fn the_default_provider_is_understood_in_all_its_forms() {
    let scene = Scene::single(&monitored(json!("ipasis"), "/login")).await;
    for (number, (name, _)) in IPASIS.into_iter().enumerate() {
        scene
            .api
            .answer_to(&format!("11.0.0.{number}"), fixture("ipasis", name));
    }
    let mut wrong = Vec::new();
    for (number, (name, expected)) in IPASIS.into_iter().enumerate() {
        let request = post("/login", &format!("11.0.0.{number}"));
        assert_eq!(http1(scene.envoy.address, &request).await.status, 200);
        let told = told(&scene.application.last());
        if told != expected {
            wrong.push(format!("{name}: {told}, not {expected}"));
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}

#[tokio::test]
async fn the_key_goes_where_the_operator_puts_it() {
    let own = |request: Value| json!({"preset": "ipasis", "request": request});
    let mut scene = Scene::with(&monitored(json!("ipasis"), "/before"), |config| {
        config.workers(1).alone()
    })
    .await;
    scene.api.answer(fixture("ipasis", "older_flat"));
    for (path, request, authority, target, key) in [
        (
            "/bearer",
            json!({"headers": {"Authorization": "Bearer {key}"}}),
            "api.ipasis.com",
            "/v1/lookup?ip=11.0.0.1",
            vec![("authorization", format!("Bearer {KEY}"))],
        ),
        (
            "/query",
            json!({"authority": "ipasis.com", "path": "/json/{ip}?key={key}", "headers": {}}),
            "ipasis.com",
            "/json/11.0.0.1?key=k3y%3Awith%2Fodd%2Bparts",
            vec![],
        ),
        (
            "/own-header",
            json!({"headers": {"x-gateway-key": "palisade {key}", "x-plain": "yes"}}),
            "api.ipasis.com",
            "/v1/lookup?ip=11.0.0.1",
            vec![("x-gateway-key", format!("palisade {KEY}"))],
        ),
    ] {
        scene.protect(&monitored(own(request), path), path).await;
        let (request, told) = ask(&scene, path).await;
        assert_eq!(request.header("host").as_deref(), Some(authority));
        assert_eq!(request.target, target);
        assert_eq!(key_lines(&request), key);
        assert_eq!(told, "vpn,hosting score=75 NL");
    }
}

#[tokio::test]
async fn an_operators_own_provider_is_a_template_and_paths() {
    let provider = json!({
        "request": {
            "authority": "intelligence.example:8443",
            "path": "/v9/{ip}/report?verbose=1",
            "headers": {"Authorization": "Basic {key:base64}", "x-tenant": "shop"},
        },
        "fields": {
            "vpn": ["findings.anonymity.vpn"],
            "proxy": [{"path": "findings.kinds[].name", "when": {"one_of": ["open-proxy"]}, "otherwise": "unknown"}],
            "abuse": [{"path": "reports", "when": {"at_least": 3}}],
            "score": [{"path": "confidence", "direction": "trust", "max": 10}],
            "asn": ["net.number"],
            "asn_type": [{"path": "net.kind", "words": {"eyeballs": "isp"}}],
            "country": ["net.cc"],
        },
    });
    let scene = Scene::single(&monitored(provider, "/login")).await;
    scene.api.answer(Answer::json(&json!({
        "Findings": {"anonymity": {"VPN": true}, "kinds": [{"name": "seen"}, {"name": "Open-Proxy"}]},
        "reports": 2,
        "confidence": 2.5,
        "net": {"number": "AS64999", "kind": "Eyeballs", "cc": "ch"},
    })));
    let (request, told) = ask(&scene, "/login").await;
    assert_eq!(request.target, "/v9/11.0.0.1/report?verbose=1");
    assert_eq!(
        request.header("host").as_deref(),
        Some("intelligence.example:8443")
    );
    assert_eq!(request.header("x-tenant").as_deref(), Some("shop"));
    assert_eq!(
        key_lines(&request),
        [("authorization", "Basic azN5OndpdGgvb2RkK3BhcnRz".to_owned())]
    );
    assert_eq!(told, "vpn,proxy score=75 asn=64999 isp CH");
}
