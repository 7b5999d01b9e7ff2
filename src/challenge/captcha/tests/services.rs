use super::*;

#[test]
fn every_preset_compiles_and_has_a_field_and_a_widget() {
    for preset in PRESET_NAMES {
        let captcha = captcha(preset);
        let widget = captcha.widget().expect(preset);
        assert_eq!(widget.interface(), preset);
        assert_eq!(Some(widget.field()), captcha.service.field());
        assert!(widget.script("de").starts_with("https://"), "{preset}");
        assert!(!widget.script("de").contains(['{', '}']), "{preset}");
    }
    assert_eq!(Service::preset("altcha"), None);
}

#[test]
fn every_mistake_in_a_table_is_told_with_its_place() {
    let good = r#"{ "request": { "authority": "a.example", "path": "/p", "fields": { "r": "{token}" } },
                    "answer": { "success": "ok" }, "field": "f",
                    "widget": {
                        "script": "https://a.example/x.js", "sources": ["https://a.example"], "class": "c"
                    } }"#;
    service(good).expect("a service");
    for (from, to, path, words) in [
        ("a.example", "a b", "request.authority", "host name"),
        ("\"/p\"", "\"p\"", "request.path", "path such as"),
        ("\"/p\"", "\"/{secret}\"", "request.path", "access logs"),
        ("\"/p\"", "\"/{token}\"", "request.path", "access logs"),
        ("{token}", "{key}", "request.fields.r", "only {token}"),
        ("{token}", "token", "request.fields", "{token}"),
        (
            "\"fields\"",
            "\"headers\": { \"Host\": \"x\" }, \"fields\"",
            "request.headers.Host",
            "Envoy's",
        ),
        (
            "\"fields\"",
            "\"headers\": { \"content-type\": \"x\" }, \"fields\"",
            "request.headers.content-type",
            "already",
        ),
        ("\"ok\"", "\"a[0]\"", "answer.success", "keys with dots"),
        ("\"ok\"", "\"a..b\"", "answer.success", "keys with dots"),
        (
            "\"success\": \"ok\"",
            "",
            "answer.success",
            "expected where",
        ),
        ("\"field\": \"f\",", "", "field", "expected the field"),
        (
            "\"field\": \"f\"",
            "\"field\": \"a b\"",
            "field",
            "visible ASCII",
        ),
        (
            "\"field\": \"f\"",
            "\"field\": \"f\", \"max_token\": 8193",
            "max_token",
            "16 to 8192",
        ),
        (
            "\"field\": \"f\"",
            "\"field\": \"f\", \"no_token\": \"\"",
            "no_token",
            "one character",
        ),
        (
            "https://a.example/x.js",
            "//a.example/x.js",
            "widget.script",
            "https URL",
        ),
        (
            "https://a.example/x.js",
            "javascript:alert(1)",
            "widget.script",
            "https URL",
        ),
        (
            "https://a.example/x.js",
            "https://a.example/{key}",
            "widget.script",
            "{site_key}",
        ),
        (
            "[\"https://a.example\"]",
            "[\"https://a.example; script-src *\"]",
            "widget.sources[0]",
            "a source",
        ),
        (
            "[\"https://a.example\"]",
            "[\"'unsafe-inline'\"]",
            "widget.sources[0]",
            "a source",
        ),
        (
            "[\"https://a.example\"]",
            "[\"*\"]",
            "widget.sources[0]",
            "a source",
        ),
        ("[\"https://a.example\"]", "[]", "widget.sources", "1 to 8"),
        (", \"class\": \"c\"", "", "widget.class", "class"),
        (
            "\"class\": \"c\"",
            "\"class\": \"a b\"",
            "widget.class",
            "class",
        ),
    ] {
        let table = good.replacen(from, to, 1);
        assert_ne!(table, good, "{from}");
        let problems = service(&table).expect_err(&table);
        let before = |problem: &Mistake| {
            problem.path.to_string() == path && problem.to_string().contains(words)
        };
        assert!(
            problems.iter().any(before),
            "{path} {words} in {problems:?}"
        );
    }
}

#[test]
fn a_secret_written_into_a_table_is_not_shown() {
    let table = r#"{ "request": { "authority": "ge heim", "path": "geheim", "headers": { "x-a": "{geheim" },
                     "fields": { "secret": "{geheim}" } }, "answer": { "success": "ok" } }"#;
    let problems = service(table).expect_err("problems");
    assert_eq!(problems.len(), 4);
    assert!(!format!("{problems:?}").contains("heim"), "{problems:?}");
}

#[test]
fn a_token_is_remembered_longer_than_it_is_good() {
    let captcha = captcha("turnstile");
    let solved = crate::challenge::CLOCK_SKEW;
    let last = captcha.settings.max_age + solved;
    assert!(captcha.remembered() >= last + solved);
}

#[test]
fn a_captcha_without_what_makes_it_safe_is_refused() {
    let refused = |preset: &str, change: fn(&mut Settings)| {
        let mut settings = settings(preset);
        change(&mut settings);
        let service = Service::preset(preset).expect("a preset");
        let problems = site(service, settings).expect_err(preset);
        let paths: Vec<String> = problems
            .into_iter()
            .map(|problem| problem.path.to_string())
            .collect();
        paths.join(" ")
    };
    for preset in PRESET_NAMES {
        assert_eq!(
            refused(preset, |settings| settings.secret = None),
            "secret_env"
        );
        assert_eq!(
            refused(preset, |settings| settings.hostnames.clear()),
            "hostnames"
        );
        let any = |settings: &mut Settings| settings.hostnames.push(HostPattern::Any);
        assert_eq!(refused(preset, any), "hostnames");
        let nowhere = |settings: &mut Settings| settings.tokens = Some(Vec::new());
        assert_eq!(refused(preset, nowhere), "token");
    }
    assert_eq!(
        refused("recaptcha_v3", |settings| settings.action = None),
        "action"
    );
    assert_eq!(
        refused("recaptcha_v3", |settings| settings.min_score = None),
        "min_score"
    );
    assert_eq!(
        refused("hcaptcha", |settings| settings.min_score = Some(1)),
        "min_score"
    );
}
