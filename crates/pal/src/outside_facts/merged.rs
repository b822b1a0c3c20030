//! Rows of exports that tell the same thing at the same time in different detail, as one row (decision 0020): an inventory has
//! names that a list lacks, and cuts times that the list has whole. What contradicts stays, and is refused when judged.

use std::collections::{BTreeMap, BTreeSet};

use pal_rules::facts::{Address, Entry, Gathered, Keeping, Row, Table, Value};
use pal_rules::id::Id;
use pal_rules::time::Timestamp;

use super::{Environments, Rows, note};

const SECOND: i64 = 1_000_000;

/// The entities that exports tell of.
const TABLES: [Table; 3] = [Table::Environments, Table::Principals, Table::Resources];

/// Replaces rows that complete each other; tells what replaced them.
///
/// - `exports`: the numbers of the files that are exports. Who writes our tables means what they say.
pub(super) fn merge(gathered: &mut Gathered, exports: &BTreeSet<u32>, environments: &Environments) -> Rows {
    let mut merged = Rows::new();
    for table in TABLES.into_iter().filter(|_| !exports.is_empty()) {
        let Keeping::Entity(key) = table.keeping() else { continue };
        let is_merged = |entry: &Entry| {
            let deletion = table == Table::Resources && entry.row.only_reports_deletion();
            exports.contains(&entry.address.file) && !deletion
        };
        let replaced = replaced(gathered, table, key, &is_merged, environments);
        if replaced.is_empty() {
            continue;
        }
        let instead = |entry: &Entry| replaced.get(&entry.row).filter(|_| is_merged(entry));
        for entry in gathered.extract(table, |entry| instead(entry).is_some()) {
            if let Some((row, place)) = instead(&entry) {
                note(&mut merged, table, row.clone(), *place);
            }
        }
    }
    merged
}

/// For each row that is replaced the one that stands in its place, and where the last of what it is made of was read first.
fn replaced(
    gathered: &Gathered,
    table: Table,
    key: &'static [usize],
    is_merged: &dyn Fn(&Entry) -> bool,
    environments: &Environments,
) -> BTreeMap<Row, (Row, Address)> {
    let observed = table.columns().len() - 1;
    let mut entries: Vec<&Entry> = gathered.rows(table).filter(|entry| is_merged(entry)).collect();
    entries.sort_by(|a, b| {
        a.row.key(key).cmp(b.row.key(key)).then(a.row.time(observed).cmp(&b.row.time(observed)))
    });
    let same = |a: &&Entry, b: &&Entry| {
        a.row.key(key).eq(b.row.key(key)) && a.row.time(observed) == b.row.time(observed)
    };
    let mut replaced = BTreeMap::new();
    for group in entries.chunk_by(same) {
        let mut first: BTreeMap<&Row, Address> = BTreeMap::new();
        for entry in group {
            let place = first.entry(&entry.row).or_insert(entry.address);
            *place = entry.address.min(*place);
        }
        let rows: Vec<&Row> = first.keys().copied().collect();
        let (Some(place), true) = (first.values().max(), rows.len() > 1) else { continue };
        if let Some(whole) = completed(table, &rows, environments) {
            replaced.extend(rows.into_iter().map(|row| (row.clone(), (whole.clone(), *place))));
        }
    }
    replaced
}

/// The row that says all that these say; none where two of them contradict each other.
fn completed(table: Table, rows: &[&Row], environments: &Environments) -> Option<Row> {
    let mut values = Vec::new();
    for (place, column) in table.columns().iter().enumerate() {
        let cells = rows.iter().filter_map(|row| row.values().get(place));
        let said: BTreeSet<Value> = cells.filter(|cell| **cell != Value::Absent).cloned().collect();
        values.push(cell(column.name, said, environments)?);
    }
    Some(Row::new(values))
}

/// What is said in one column; none where it contradicts itself.
fn cell(column: &str, mut said: BTreeSet<Value>, environments: &Environments) -> Option<Value> {
    match column {
        "environment_id" => said = said.into_iter().map(|value| known(value, environments)).collect(),
        // What is only shown decides nothing: the last as text, so that the order of imports does not matter.
        "name" | "upn" => return Some(said.pop_last().unwrap_or(Value::Absent)),
        _ => {}
    }
    let most = said.pop_last().unwrap_or(Value::Absent);
    said.iter().all(|less| is_cut(less, &most)).then_some(most)
}

/// An environment by its id, where the name that an export uses is known.
fn known(value: Value, environments: &Environments) -> Value {
    match &value {
        Value::Id(id) => Value::Id(Id::new(environments.one(&id.to_string()))),
        _ => value,
    }
}

/// Whether a time is another one cut to seconds or milliseconds.
fn is_cut(less: &Value, most: &Value) -> bool {
    let (Value::Time(less), Value::Time(most)) = (less, most) else { return false };
    let cut = |unit: i64| Timestamp::from_micros(most.micros() - most.micros().rem_euclid(unit));
    *less == cut(SECOND) || *less == cut(SECOND / 1000)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use pal_rules::facts::{Address, Entry, Gathered, Row, Table, Value};

    use super::{Environments, merge};

    const AT: &str = "2026-02-28T00:00:00Z";

    /// The rows of a table after merging; those of file 1 are of exports, of file 2 not.
    fn merged(table: Table, rows: &[(u32, String)]) -> Vec<String> {
        let mut gathered = Gathered::default();
        let parse = |table: Table, text: &str| {
            let places: Vec<usize> = (0..table.columns().len()).collect();
            let cells: Vec<&str> = text.split(',').collect();
            Row::parse(table, &places, cells.into_iter()).unwrap()
        };
        for (line, (file, text)) in (1..).zip(rows) {
            let address = Address { file: *file, line };
            gathered.push(table, Entry { row: parse(table, text), address });
        }
        let alias = parse(Table::Aliases, "t,environment,url:a.example,env,,");
        gathered.push(Table::Aliases, Entry { row: alias, address: Address { file: 1, line: 0 } });
        let environments = Environments::of(&gathered);
        let instead = merge(&mut gathered, &BTreeSet::from([1]), &environments);
        let left = gathered.rows(table).map(|entry| (&entry.row, entry.address));
        let instead = instead.iter().map(|((_, row), address)| (row, *address));
        let mut told: Vec<String> = left
            .chain(instead)
            .map(|(row, address)| {
                let cells: Vec<String> = row.values().iter().map(Value::text).collect();
                format!("{}:{} {}", address.file, address.line, cells.join(","))
            })
            .collect();
        told.sort();
        told
    }

    #[test]
    fn rows_that_complete_each_other_become_one() {
        let rows = [
            (1, format!("app,power_apps_canvas,t,url:a.example,,2026-01-05T10:00:00Z,,{AT}")),
            (1, format!("app,power_apps_canvas,t,env,Expense,2026-01-05T10:00:00.123456Z,,{AT}")),
            (1, format!("app,power_apps_canvas,t,,Expenses,2026-01-05T10:00:00.123Z,,{AT}")),
            // Of another time, only a deletion, and of our own tables: these stay.
            (1, "app,power_apps_canvas,t,,Old,,,2026-02-27T00:00:00Z".to_owned()),
            (1, format!("app,power_apps_canvas,t,,,,{AT},{AT}")),
            (2, format!("app,power_apps_canvas,t,,Own,,,{AT}")),
        ];
        let expected = [
            format!("1:3 app,power_apps_canvas,t,env,Expenses,2026-01-05T10:00:00.123456Z,,{AT}"),
            "1:4 app,power_apps_canvas,t,,Old,,,2026-02-27T00:00:00Z".to_owned(),
            format!("1:5 app,power_apps_canvas,t,,,,{AT},{AT}"),
            format!("2:6 app,power_apps_canvas,t,,Own,,,{AT}"),
        ];
        assert_eq!(merged(Table::Resources, &rows), expected);
        // In whatever order they came.
        let without_place = |rows: &[(u32, String)]| {
            let told = merged(Table::Resources, rows).into_iter();
            let mut rows: Vec<String> = told.map(|row| row.split_once(' ').unwrap().1.to_owned()).collect();
            rows.sort();
            rows
        };
        let mut turned = rows.clone();
        turned.reverse();
        assert_eq!(without_place(&turned), without_place(&rows));
    }

    #[test]
    fn rows_that_contradict_each_other_stay_as_they_are() {
        let account = |rest: &str| (1, format!("t,u,{rest},{AT}"));
        let disabled = merged(
            Table::Principals,
            &[account("user,Ann,,,"), account("user,,ann@t.example,2026-02-01T00:00:00Z,")],
        );
        assert_eq!(disabled, [format!("1:2 t,u,user,Ann,ann@t.example,2026-02-01T00:00:00Z,,{AT}")]);
        for (one, other) in [
            ("user,Ann,,,", "guest,Ann,,,"),
            ("user,,,2026-02-01T00:00:00Z,", "user,,,2026-02-01T00:00:01Z,"),
        ] {
            assert_eq!(merged(Table::Principals, &[account(one), account(other)]).len(), 2, "{one}");
        }
        let kind = |kind: &str| (1, format!("env,t,Prod,{kind},{AT},{AT}"));
        assert_eq!(merged(Table::Environments, &[kind("production"), kind("sandbox")]).len(), 2);
    }
}
