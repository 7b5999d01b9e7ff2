//! The documents say what the code does: every table of the README is compared with what it describes.
//!
//! A comment such as `<!-- metrics -->` stands before each table that is read here.

#[cfg(feature = "cli")]
mod fields;

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use palisade::challenge::Difficulty;
use palisade::config;
use palisade::identity::account::AccountError;
use palisade::intelligence::provider::{FailureReason, PRESET_NAMES, Scope};
use palisade::intelligence::{AsnType, Connection, Flag, Reputation, Score};
use palisade::policy::Policy;
use palisade::signals::{AgentSignal, Annotation, ClientSignal, Measure, Membership, Signal};
use palisade::telemetry::{Family, Kind};
use serde_json::{Value, json};

const ROOT: &str = env!("CARGO_MANIFEST_DIR");
const DOCUMENTS: [&str; 3] = ["README.md", "SECURITY.md", "CHANGELOG.md"];

fn read(file: impl AsRef<Path>) -> String {
    let path = Path::new(ROOT).join(file);
    std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

fn readme() -> String {
    read("README.md")
}

type Row = Vec<String>;

/// The rows of the table behind the comment of this name, without its head.
fn table(name: &str) -> Vec<Row> {
    let text = readme();
    let (_, behind) = text
        .split_once(&format!("<!-- {name} -->"))
        .unwrap_or_else(|| panic!("the README has no table {name:?}"));
    rows(behind)
}

fn rows(behind: &str) -> Vec<Row> {
    let lines = behind.lines().skip_while(|line| line.is_empty());
    let lines = lines.take_while(|line| line.starts_with('|')).skip(2);
    let cells = |line: &str| {
        let line = line.trim().trim_matches('|');
        line.split('|').map(|cell| cell.trim().to_owned()).collect()
    };
    lines.map(cells).collect()
}

/// The texts in backticks.
fn codes(cell: &str) -> Vec<String> {
    let pieces = cell.split('`').skip(1).step_by(2);
    pieces.map(str::to_owned).collect()
}

/// The first text in backticks of each row's first cell.
fn names(rows: &[Row]) -> Vec<String> {
    let name = |row: &Row| codes(&row[0]).into_iter().next();
    rows.iter()
        .map(|row| name(row).unwrap_or_else(|| panic!("no name in {row:?}")))
        .collect()
}

fn strings<'a>(items: impl IntoIterator<Item = &'a str>) -> Vec<String> {
    items.into_iter().map(str::to_owned).collect()
}

/// All fenced blocks of one language.
fn blocks(language: &str) -> Vec<String> {
    let text = readme();
    let fence = format!("```{language}\n");
    let blocks = text
        .split(&fence)
        .skip(1)
        .map(|rest| rest.split("```").next());
    blocks.map(|block| block.unwrap().to_owned()).collect()
}

fn load(configuration: &Value) -> Policy {
    // Long enough for a signing key, and never the same as another one.
    let key = |name: &str| Some(format!("{name:-<32}"));
    config::load(configuration.to_string().as_bytes(), &key)
        .unwrap_or_else(|errors| panic!("{errors}\nin {configuration:#}"))
}

fn complete_example() -> Value {
    let text = readme();
    let (_, behind) = text.split_once("<!-- complete example -->").unwrap();
    let block = behind.split("```yaml\n").nth(1).unwrap();
    serde_yaml_ng::from_str(block.split("```").next().unwrap()).unwrap()
}

/// Every YAML block that is Palisade's configuration and not Envoy's, with a route where it has none.
fn examples() -> Vec<Value> {
    let complete = complete_example();
    let is_ours = |value: &Value| {
        let fields = value.as_object();
        fields.is_some_and(|fields| fields.keys().all(|key| complete.get(key).is_some()))
    };
    let parsed = blocks("yaml")
        .into_iter()
        .map(|block| serde_yaml_ng::from_str(&block).expect(&block));
    let mut examples: Vec<Value> = parsed.filter(is_ours).collect();
    for example in &mut examples {
        let fields = example.as_object_mut().unwrap();
        fields
            .entry("routes")
            .or_insert_with(|| json!([{"name": "r", "match": {}}]));
    }
    examples
}

#[test]
fn every_example_of_a_configuration_is_accepted() {
    let examples = examples();
    assert!(examples.len() >= 4, "found only {}", examples.len());
    for example in &examples {
        load(example);
    }
    for block in blocks("json") {
        serde_json::from_str::<Value>(&block).expect(&block);
    }
}

#[test]
fn the_complete_example_writes_the_defaults_out() {
    let full = complete_example();
    let mut short = full.clone();
    for part in ["score", "travel"] {
        short.as_object_mut().unwrap().remove(part);
    }
    let intelligence = short["intelligence"].as_object_mut().unwrap();
    let needed = ["provider", "cluster", "api_key_env", "daily_budget"];
    intelligence.retain(|field, _| needed.contains(&field.as_str()));
    let (full, short) = (load(&full), load(&short));
    assert_eq!(
        format!("{:?}", full.intelligence),
        format!("{:?}", short.intelligence)
    );
    assert_eq!(full.weights, short.weights);
    assert_eq!(full.travel, short.travel);
    assert_eq!(full.annotations, short.annotations);
}

/// The example holds the defaults, as the test above knows; so the reference must say the same.
#[test]
fn the_reference_tells_the_defaults() {
    let example = complete_example();
    let mut count = 0;
    for part in [
        "intelligence",
        "intelligence.cache",
        "intelligence.breaker",
        "travel",
    ] {
        let value = example
            .pointer(&format!("/{}", part.replace('.', "/")))
            .unwrap();
        let rows = table(&format!("fields: {part}"));
        for (name, row) in names(&rows).iter().zip(&rows) {
            let Some(told) = codes(&row[1]).pop() else {
                continue;
            };
            assert_eq!(
                value[name].to_string().trim_matches('"'),
                told,
                "{part}.{name}"
            );
            count += 1;
        }
    }
    assert_eq!(count, 20);
}

/// The row of the README for the metrics of one name.
fn metric_row(family: Family) -> Row {
    let kind = match family.kind() {
        Kind::Counter => "counter",
        Kind::Gauge => "gauge",
        Kind::Histogram => "histogram",
    };
    let labels = family
        .scope()
        .labels()
        .iter()
        .copied()
        .chain([family.label()]);
    let labels: Vec<String> = labels
        .filter(|label| !label.is_empty())
        .map(|label| format!("`{label}`"))
        .collect();
    vec![
        format!("`palisade_{}`", family.name()),
        kind.to_owned(),
        labels.join(", "),
        family.counts().to_owned(),
    ]
}

#[test]
fn the_metrics_table_is_every_declared_metric_in_order() {
    let told = table("metrics");
    for (row, family) in told.iter().zip(Family::ALL) {
        assert_eq!(*row, metric_row(family));
    }
    assert_eq!(told.len(), Family::ALL.len());
}

#[test]
fn the_metrics_table_tells_the_values_of_labels() {
    for family in Family::ALL {
        let told = codes(family.counts());
        // The results of lookups are the rows of another table.
        let listed = ["level", "reason", "result"].contains(&family.label());
        for value in family.values() {
            let is_told = told.iter().any(|code| code == value);
            let elsewhere = !listed || family == Family::Lookups;
            assert!(is_told || elsewhere, "{value} of {family:?}");
        }
    }
}

#[test]
fn the_failures_table_tells_every_reason() {
    let told: BTreeSet<(String, String)> = table("failures")
        .iter()
        .map(|row| (codes(&row[0])[0].clone(), row[2].clone()))
        .collect();
    let scope = |reason: FailureReason| match reason.scope() {
        Scope::Provider => "provider",
        Scope::Quota => "quota",
        Scope::Address => "address",
        Scope::Local => "local",
    };
    let real =
        FailureReason::ALL.map(|reason| (reason.name().to_owned(), scope(reason).to_owned()));
    assert_eq!(told, real.into_iter().collect());
}

#[test]
fn the_table_of_missing_accounts_is_every_reason_in_order() {
    let reason = |lack: AccountError| format!("account_{}", lack.name());
    assert_eq!(
        names(&table("missing accounts")),
        AccountError::ALL.map(reason)
    );
}

#[test]
fn the_annotations_table_is_every_annotation_in_order() {
    assert_eq!(
        names(&table("annotations")),
        strings(Annotation::ALL.map(Annotation::header))
    );
}

#[test]
fn the_providers_table_is_every_preset_in_order() {
    assert_eq!(names(&table("providers")), strings(PRESET_NAMES));
}

/// The text as it reads: of a link, the words.
fn plain(cell: &str) -> String {
    let mut text = String::new();
    for (place, part) in cell.split('[').enumerate() {
        let linked = part.split_once("](").and_then(|(words, behind)| {
            let (_, rest) = behind.split_once(')')?;
            Some(format!("{words}{rest}"))
        });
        match linked {
            Some(linked) => text.push_str(&linked),
            None if place == 0 => text.push_str(part),
            None => text.push_str(&format!("[{part}")),
        }
    }
    text
}

/// Whether a row ends with what is declared, and perhaps says more.
fn ends_with(row: &Row, meaning: &str) {
    let last = plain(row.last().unwrap());
    assert!(last.starts_with(meaning), "{row:?} does not say: {meaning}");
}

#[test]
fn the_signals_table_is_every_declared_flag() {
    let rows = table("signals");
    for (row, flag) in rows.iter().zip(Flag::ALL) {
        let weight = flag.weight().unwrap().to_string();
        let expected = [
            format!("`{}`", flag.name()),
            weight,
            flag.meaning().to_owned(),
        ];
        assert_eq!(row[..], expected);
    }
    assert_eq!(rows.len(), Flag::ALL.len());
}

#[test]
fn the_agents_table_is_every_declared_signal_of_the_agent() {
    let rows = table("agents");
    for (row, signal) in rows.iter().zip(AgentSignal::ALL) {
        let weight = signal.weight().unwrap().to_string();
        assert_eq!(row[..2], [format!("`{}`", signal.name()), weight]);
        ends_with(row, signal.meaning());
    }
    assert_eq!(rows.len(), AgentSignal::ALL.len());
}

#[test]
fn the_reference_of_weights_is_every_declared_one() {
    let mut rows = table("fields: score.weights");
    for signal in Signal::weighed() {
        let name = format!("`{}`", signal.name());
        let place = rows.iter().position(|row| row[0] == name);
        let row = rows.remove(place.unwrap_or_else(|| panic!("no weight {name}")));
        assert_eq!(row[1], format!("`{}`", signal.weight().unwrap()));
        ends_with(&row, signal.note());
    }
    assert_eq!(rows, Vec::<Row>::new());
}

#[test]
fn the_reference_of_conditions_tells_what_is_declared() {
    let rows = table("fields: routes.rules.when");
    let row = |name: &str| {
        let name = format!("`{name}`");
        rows.iter().find(|row| row[0] == name).expect(&name)
    };
    for measure in Measure::ALL {
        ends_with(row(measure.name()), measure.meaning());
        assert!(row(measure.name())[1].contains("is in the range"));
    }
    for membership in Membership::ALL {
        ends_with(row(membership.name()), membership.meaning());
    }
}

#[test]
fn the_travel_table_tells_what_is_declared() {
    for row in table("travel") {
        let name = &codes(&row[0])[0];
        let meaning = Measure::from_name(name).map(Measure::meaning);
        let fact = ClientSignal::from_name(name).map(ClientSignal::meaning);
        ends_with(&row[..2].to_vec(), meaning.or(fact).expect(name));
    }
}

#[test]
fn the_connections_table_is_what_is_concluded() {
    let rows = table("connections");
    assert_eq!(rows.len(), AsnType::ALL.len() + 1);
    let said = [
        None,
        Some((Flag::Hosting, true)),
        Some((Flag::Mobile, true)),
        Some((Flag::Hosting, false)),
        Some((Flag::Mobile, false)),
        Some((Flag::ResidentialProxy, true)),
    ];
    for (row, kind) in rows.iter().zip(
        [None]
            .into_iter()
            .chain(AsnType::ALL.map(Some))
            .collect::<Vec<_>>(),
    ) {
        assert_eq!(
            row[0].trim_matches('`'),
            kind.map_or("unknown", AsnType::name)
        );
        assert_eq!(row.len(), said.len() + 1);
        for (cell, flag) in row[1..].iter().zip(said) {
            let mut reputation = Reputation::default();
            reputation.network.asn_type = kind;
            if let Some((flag, value)) = flag {
                reputation.flags.put(flag, Some(value));
            }
            let told = reputation.connection().map_or("unknown", Connection::name);
            assert_eq!(told, cell, "{flag:?} in {row:?}");
        }
    }
}

#[test]
fn the_difficulty_table_is_what_clients_are_asked() {
    let rows = table("difficulty");
    assert_eq!(rows.len(), 4);
    for row in rows {
        let digits = |cell: &str| -> String { cell.chars().filter(char::is_ascii_digit).collect() };
        let score = Score::clamped(digits(&row[0]).parse().unwrap());
        for (cell, repetition) in row[1..].iter().zip([0, 8, 40]) {
            let asked = Difficulty::default().scaled(score, repetition).get();
            assert_eq!(digits(cell), asked.to_string(), "{row:?}");
        }
    }
}

#[test]
fn the_table_of_built_in_rules_is_what_routes_get() {
    let policy = load(&json!({"routes": [{"name": "r", "match": {}}]}));
    let rules = policy.protections[0].ruleset.rules.iter();
    let real: Vec<(String, String)> = rules
        .map(|rule| (rule.name.clone(), rule.then.name().to_owned()))
        .collect();
    let rows = table("default rules");
    let then = rows.iter().map(|row| codes(&row[2])[0].clone());
    assert_eq!(names(&rows).into_iter().zip(then).collect::<Vec<_>>(), real);
}

#[test]
fn the_demo_in_the_readme_is_the_demo() {
    let script = read("scripts/demo.py");
    let text = readme();
    let cases = script
        .lines()
        .filter_map(|line| line.trim().strip_prefix("Case("));
    let mut count = 0;
    for case in cases {
        let [method, path, client, what, verdict] =
            std::array::from_fn(|place| case.split('"').nth(2 * place + 1).unwrap());
        // The number behind them, whatever follows it.
        let rest = case.split('"').nth(10).unwrap().trim_start_matches(", ");
        let status = rest.split(|c: char| !c.is_ascii_digit()).next().unwrap();
        let request = format!("  {method} {path} ");
        let address = format!(" {client}: {what} ");
        let end = format!(" {verdict} {status}");
        let fits = |line: &str| {
            let words = line.split_whitespace().collect::<Vec<_>>().join(" ");
            line.starts_with(&request) && line.contains(&address) && words.contains(&end)
        };
        assert!(text.lines().any(fits), "{case} is not in the README");
        count += 1;
    }
    assert!(text.contains(&format!("{count} of {count} verdicts as expected")));
}

#[test]
fn every_make_target_that_is_named_exists() {
    let makefile = read("Makefile");
    let text = readme();
    let words = text.split("make ").skip(1).filter_map(|rest| {
        let end = rest.find(|c: char| !c.is_ascii_lowercase())?;
        Some(&rest[..end])
            .filter(|_| rest[end..].starts_with(['`', '\n']) || rest[end..].starts_with("  "))
    });
    let targets: BTreeSet<&str> = words.collect();
    assert!(targets.contains("demo"), "{targets:?}");
    for target in targets {
        assert!(makefile.contains(&format!("\n{target}:")), "make {target}");
    }
}

#[test]
fn every_link_leads_somewhere() {
    let mut files: Vec<PathBuf> = DOCUMENTS.iter().map(PathBuf::from).collect();
    for folder in ["docs", "docs/design"].map(Path::new) {
        let docs = std::fs::read_dir(Path::new(ROOT).join(folder)).unwrap();
        let docs = docs.map(|entry| folder.join(entry.unwrap().file_name()));
        files.extend(docs.filter(|file| file.extension().is_some_and(|end| end == "md")));
    }
    let mut relative = 0;
    for file in files {
        let text = read(&file);
        let prose: String = text.split("```").step_by(2).collect();
        for link in prose.split("](").skip(1) {
            let target = link.split(')').next().unwrap();
            if target.starts_with("https://") {
                continue;
            }
            relative += 1;
            let (path, anchor) = target.split_once('#').unwrap_or((target, ""));
            let place = file.parent().unwrap().join(path);
            let linked = if path.is_empty() { &file } else { &place };
            assert!(Path::new(ROOT).join(linked).exists(), "{file:?}: {target}");
            assert!(
                anchor.is_empty() || anchors(&read(linked)).contains(anchor),
                "{file:?}: {target}"
            );
        }
    }
    assert!(relative > 10, "found only {relative}");
}

/// The anchors that headings get.
fn anchors(text: &str) -> BTreeSet<String> {
    let headings = text.lines().filter(|line| line.starts_with('#'));
    let kept = |c: &char| c.is_alphanumeric() || matches!(c, ' ' | '-');
    headings
        .map(|line| line.trim_start_matches('#').trim().to_lowercase())
        .map(|title| {
            title
                .chars()
                .filter(kept)
                .collect::<String>()
                .replace(' ', "-")
        })
        .collect()
}
