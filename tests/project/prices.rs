//! The page on prices has a row for every kind of request that has a target.

#[path = "../../benches/envoy/targets.rs"]
mod targets;

/// Request, before, now, target, and whether it is reached.
fn rows() -> Vec<Vec<&'static str>> {
    let page = include_str!("../../docs/design/price.md");
    let (_, behind) = page.split_once("<!-- targets -->").expect("the table");
    let lines = behind.lines().skip_while(|line| !line.starts_with('|'));
    let lines = lines.take_while(|line| line.starts_with('|')).skip(2);
    let cells = |line: &'static str| line.trim_matches('|').split('|').map(str::trim).collect();
    lines.map(cells).collect()
}

#[test]
fn the_page_on_prices_names_each_target_and_whether_it_is_reached() {
    let rows = rows();
    assert_eq!(rows.len(), targets::INSTRUCTIONS.len());
    for (row, (name, target)) in rows.iter().zip(targets::INSTRUCTIONS) {
        let number = |cell: &str| cell.parse::<f64>().unwrap_or_else(|_| panic!("{cell}"));
        let [request, _, now, own, reached] = row[..] else {
            panic!("{row:?}");
        };
        assert_eq!((request, number(own)), (name, target));
        assert_eq!(reached == "yes", number(now) <= target, "{name}");
    }
}
