//! The page of the command line, which is made of what the command line says of itself.

use serde_json::Value;

use crate::cli::{palisade, text};

const HEAD: &str = "# Command line

This page is made of the command line itself by `make reference`. `palisade` is built with

```sh
cargo install --locked --path . --features cli
```

or by `make install`: then `palisade --version` also names the commit, as the line does that the filter writes when it
starts.

It has a manual page for each command (`palisade man FOLDER`), and completions for your shell (`palisade completions
bash`).

| you want to | call |
|---|---|
| write a policy for your stack | `palisade init --stack django --output policy.yaml` |
| find what is wrong with it | `palisade check policy.yaml` |
| put it into an Envoy | `palisade render policy.yaml --for bootstrap --application 10.0.0.7:8080` |
| see what becomes of one request | `palisade explain policy.yaml` |
| see what it would have done with yesterday's requests | `palisade replay policy.yaml access.log` |
| see what each defence does against an attack | `palisade simulate credential-stuffing --policy policy.yaml` |
| keep a file right from now on | `palisade check --strict --format sarif policy.yaml` in your pipeline |
| let an owner in who is locked out | `palisade unlock --policy policy.yaml --account ada` |

## What check finds

`check` reads YAML as Envoy and Kubernetes do: 1.1, in which `no`, `off` and `y` without quotes are booleans. It tells
all mistakes at once, each with its line. What is warned of is taken by the filter, and perhaps not meant; `--strict`
refuses it as well. Notes refuse nothing. If you mean what is warned of, say so in a comment on the line or the one
before it: `# palisade: allow denies-nobody`.

<!-- findings -->
| rule | is | what it finds |
|---|---|---|
";

/// The table of what `check` finds.
fn findings() -> String {
    let output = palisade(&["check", "--format", "sarif", "/no/such/file"]);
    let log: Value = serde_json::from_slice(&output.stdout).expect("JSON");
    let rules = log
        .pointer("/runs/0/tool/driver/rules")
        .and_then(Value::as_array);
    let row = |rule: &Value| {
        let word = |place: &str| {
            rule.pointer(place)
                .and_then(Value::as_str)
                .expect("a word")
                .to_owned()
        };
        let level = word("/defaultConfiguration/level");
        format!(
            "| `{}` | {level} | {} |\n",
            word("/id"),
            word("/shortDescription/text")
        )
    };
    rules.expect("rules").iter().map(row).collect()
}

pub(super) fn page() -> String {
    let help = |words: &[&str]| {
        let output = palisade(words);
        let lines = text(&output.stdout);
        let lines = lines.lines().map(str::trim_end);
        format!("```text\n{}\n```\n", lines.collect::<Vec<_>>().join("\n"))
    };
    let whole = help(&["--help"]);
    let (_, commands) = whole.split_once("Commands:\n").expect("commands");
    let names = commands.lines().take_while(|line| line.starts_with("  "));
    let names: Vec<&str> = names
        .filter_map(|line| line.split_whitespace().next())
        .collect();
    let mut page = format!("{HEAD}{}\n## All commands\n\n{whole}", findings());
    for name in names.into_iter().filter(|name| *name != "help") {
        page += &format!("\n### {name}\n\n{}", help(&[name, "--help"]));
    }
    page
}
