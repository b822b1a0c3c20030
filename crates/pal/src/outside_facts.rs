//! Rows that follow from several files together (`facts.md`, Aliases; `formats.md` §9): names under an environment's other
//! names, what an import of a solution brought, rows of several exports as one. They are made whenever facts are read, so
//! that the order of imports does not matter; each stands where the last of what it follows from was read.

mod merged;

use std::collections::{BTreeMap, BTreeSet};

use pal_import::outside::{normal, part::same_solution};
use pal_rules::facts::{Address, Entry, Gathered, Row, Table, Value};
use pal_rules::id::Id;
use pal_rules::word::AliasKind;
use pal_store::workspace::{NewRow, SolutionPart, StoredFacts, Workspace};

use crate::exit::Failure;
use crate::shell::workspace_failure;

/// The columns of `aliases`.
const KIND: usize = 1;
const ALIAS: usize = 2;
const STANDS_FOR: usize = 3;

/// Rows that follow from several files together.
#[derive(Debug, Default)]
pub(crate) struct Derived(BTreeMap<(Table, Row), (Address, String)>);

/// Reads every row but activity, as far as the given import, and what follows from them together.
pub(crate) fn read(workspace: &Workspace, last_import: i64) -> Result<(StoredFacts, Derived), Failure> {
    let mut stored = workspace.facts(last_import).map_err(workspace_failure)?;
    let parts = workspace.solution_parts(last_import).map_err(workspace_failure)?;
    let rows = add(&mut stored.gathered, &parts, &stored.exports);
    let name = |address: &Address| {
        let position = usize::try_from(address.file).unwrap_or(usize::MAX);
        stored.names.get(position).cloned().unwrap_or_default()
    };
    let named = rows.into_iter().map(|(key, address)| (key, (address, name(&address)))).collect();
    Ok((stored, Derived(named)))
}

impl Derived {
    /// The rows that are not among earlier ones.
    pub(crate) fn since(&self, earlier: &Self) -> Vec<NewRow> {
        let new = self.0.iter().filter(|(key, _)| !earlier.0.contains_key(key));
        let row = |((table, row), (address, file)): (&(Table, Row), &(Address, String))| NewRow {
            table: *table,
            row: row.clone(),
            import: 0,
            file: file.clone(),
            line: address.line,
        };
        new.map(row).collect()
    }
}

type Rows = BTreeMap<(Table, Row), Address>;

/// Adds what follows; tells what it was.
fn add(gathered: &mut Gathered, parts: &[(SolutionPart, Address)], exports: &BTreeSet<u32>) -> Rows {
    let mut derived = applications(gathered);
    let environments = Environments::of(gathered);
    derived.extend(merged::merge(gathered, exports, &environments));
    environments.twins(gathered, &mut derived);
    components(gathered, parts, &environments, &mut derived);
    for ((table, row), address) in &derived {
        gathered.push(*table, Entry { row: row.clone(), address: *address });
    }
    derived
}

/// Adds a row, at the earliest of the places where it follows.
fn note(rows: &mut Rows, table: Table, row: Row, address: Address) {
    let place = rows.entry((table, row)).or_insert(address);
    *place = address.min(*place);
}

fn is_of(row: &Row, kind: AliasKind) -> bool {
    row.word(KIND).and_then(AliasKind::parse) == Some(kind)
}

/// Names of principals that stand for an application stand for its account, once the directory tells which that is. Such
/// rows are replaced: a name with two meanings has none.
fn applications(gathered: &mut Gathered) -> Rows {
    let mut accounts: BTreeMap<(Id, Id), (BTreeSet<Id>, Address)> = BTreeMap::new();
    for entry in gathered.rows(Table::Aliases).filter(|entry| is_of(&entry.row, AliasKind::Principal)) {
        let (Some(tenant), Some(alias), Some(id)) =
            (entry.row.id(0), entry.row.id(ALIAS), entry.row.id(STANDS_FOR))
        else {
            continue;
        };
        if alias.to_string().starts_with("app:") {
            let key = (tenant.clone(), alias.clone());
            let (ids, first) = accounts.entry(key).or_insert_with(|| (BTreeSet::new(), entry.address));
            ids.insert(id.clone());
            *first = entry.address.min(*first);
        }
    }
    let account = |row: &Row| {
        let key = (row.id(0)?.clone(), row.id(STANDS_FOR)?.clone());
        let (ids, address) = accounts.get(&key)?;
        let id = ids.first().filter(|_| ids.len() == 1)?;
        Some((id.clone(), *address))
    };
    let replaced = gathered.extract(Table::Aliases, |entry| {
        is_of(&entry.row, AliasKind::Principal) && account(&entry.row).is_some()
    });
    let mut rows = Rows::new();
    for entry in replaced {
        if let Some((id, address)) = account(&entry.row) {
            let row = entry.row.with(STANDS_FOR, Value::Id(id));
            note(&mut rows, Table::Aliases, row, entry.address.max(address));
        }
    }
    rows
}

/// Environments and their other names (`url:HOST`).
#[derive(Debug, Default)]
struct Environments {
    /// For each environment its other names, and where they were first read.
    names: BTreeMap<String, BTreeMap<String, Address>>,
    /// For each other name its one environment.
    ids: BTreeMap<String, BTreeSet<String>>,
}

impl Environments {
    fn of(gathered: &Gathered) -> Self {
        let mut found = Self::default();
        let aliases = gathered.rows(Table::Aliases);
        for entry in aliases.filter(|entry| is_of(&entry.row, AliasKind::Environment)) {
            let (Some(name), Some(id)) = (entry.row.id(ALIAS), entry.row.id(STANDS_FOR)) else { continue };
            let (name, id) = (name.to_string(), id.to_string());
            let names = found.names.entry(id.clone()).or_default();
            let first = names.entry(name.clone()).or_insert(entry.address);
            *first = entry.address.min(*first);
            found.ids.entry(name).or_default().insert(id);
        }
        // What names several environments names none of them.
        found.ids.retain(|_, ids| ids.len() == 1);
        for names in found.names.values_mut() {
            names.retain(|name, _| found.ids.contains_key(name));
        }
        found
    }

    /// The environment of a name; the name itself where that is not known.
    fn one<'a>(&'a self, name: &'a str) -> &'a str {
        self.ids.get(name).and_then(BTreeSet::first).map_or(name, String::as_str)
    }

    /// What else an environment is called, each with the place where that was read.
    fn others(&self, name: &str) -> BTreeMap<String, Address> {
        let mut others = self.names.get(name).cloned().unwrap_or_default();
        for id in self.ids.get(name).into_iter().flatten() {
            let names = self.names.get(id);
            let place = names.and_then(|names| names.get(name)).copied();
            others.extend(names.cloned().unwrap_or_default());
            others.extend(place.map(|place| (id.clone(), place)));
        }
        others.remove(name);
        others
    }

    /// The names in an environment under its other names, too.
    fn twins(&self, gathered: &Gathered, rows: &mut Rows) {
        let told: BTreeMap<&Row, Address> =
            gathered.rows(Table::Aliases).map(|entry| (&entry.row, entry.address)).collect();
        // Rows that were replaced are no longer among those gathered.
        let aliases = rows.iter().filter(|((table, _), _)| *table == Table::Aliases);
        let replaced: Vec<(Row, Address)> =
            aliases.map(|((_, row), address)| (row.clone(), *address)).collect();
        let all = told.iter().map(|(row, address)| (*row, *address));
        for (row, address) in all.chain(replaced.iter().map(|(row, address)| (row, *address))) {
            let prefix = match row.word(KIND).and_then(AliasKind::parse) {
                Some(AliasKind::Principal) => "dataverse:",
                Some(AliasKind::Resource) => "name:",
                _ => continue,
            };
            let alias = row.id(ALIAS).map(ToString::to_string).unwrap_or_default();
            let Some((environment, rest)) =
                alias.strip_prefix(prefix).and_then(|alias| alias.split_once('/'))
            else {
                continue;
            };
            for (other, place) in self.others(environment) {
                let alias = Id::new(&format!("{prefix}{other}/{rest}"));
                let twin = row.clone().with(ALIAS, Value::Id(alias));
                if !told.contains_key(&twin) {
                    note(rows, Table::Aliases, twin, address.max(place));
                }
            }
        }
    }
}

/// What imports of solutions brought: what a package of that name and version holds, and what the environment itself lists.
fn components(
    gathered: &Gathered,
    parts: &[(SolutionPart, Address)],
    environments: &Environments,
    rows: &mut Rows,
) {
    for entry in gathered.rows(Table::SolutionImports) {
        let (Some(import), Some(environment)) = (entry.row.id(0), entry.row.id(1)) else { continue };
        let (Some(solution), Some(version)) = (entry.row.text(2), entry.row.text(3)) else { continue };
        let there = environment.to_string();
        let same_place = |other: &str| environments.one(other) == environments.one(&there);
        let mut brings = |resource: Id, address: Address| {
            let row = Row::new(vec![Value::Id(import.clone()), Value::Id(resource)]);
            note(rows, Table::SolutionComponents, row, entry.address.max(address));
        };
        let mut installed: BTreeMap<&str, Address> = BTreeMap::new();
        for (part, address) in parts {
            match part {
                SolutionPart::Packaged { solution: of, version: has, name } => {
                    if same_solution((of, has), (solution, version)) {
                        brings(normal::named(environment, name), *address);
                    }
                }
                SolutionPart::Installed { environment: place, id, version: has, solution: of } => {
                    if same_place(place) && same_solution((of, has), (solution, version)) {
                        let first = installed.entry(id).or_insert(*address);
                        *first = (*address).min(*first);
                    }
                }
                SolutionPart::Component { .. } => {}
            }
        }
        for (part, address) in parts {
            if let SolutionPart::Component { environment: place, id, resource } = part
                && same_place(place)
                && let Some(first) = installed.get(id.as_str())
            {
                brings(Id::new(resource), (*address).max(*first));
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use pal_rules::facts::{Address, Entry, Gathered, Row, Table, Value};
    use pal_store::workspace::SolutionPart;

    use super::add;

    const TOLD: [(Table, &str); 8] = [
        (Table::Aliases, "t,environment,url:a.example,env-a,,"),
        (Table::Aliases, "t,environment,url:api.a.example,env-a,,"),
        (Table::Aliases, "t,resource,name:env-a/app,app-1,2026-01-01T00:00:00Z,"),
        (Table::Aliases, "t,resource,name:url:a.example/flow,flow-1,,"),
        (Table::Aliases, "t,principal,dataverse:url:a.example/u1,app:x,,"),
        (Table::Aliases, "t,principal,app:x,account,,"),
        (Table::SolutionImports, "job-1,url:a.example,Sol,1.4,true,u1,succeeded,2026-01-02T00:00:00Z"),
        (Table::SolutionImports, "job-2,env-b,Other,1.4,true,u1,succeeded,2026-01-02T00:00:00Z"),
    ];

    fn parts() -> Vec<SolutionPart> {
        let text = str::to_owned;
        vec![
            SolutionPart::Packaged { solution: text("sol"), version: text("1.4.0.0"), name: text("App") },
            SolutionPart::Packaged { solution: text("sol"), version: text("1.5"), name: text("newer") },
            SolutionPart::Installed {
                environment: text("env-a"),
                id: text("s1"),
                version: text("1.4"),
                solution: text("Sol"),
            },
            SolutionPart::Component { environment: text("env-a"), id: text("s1"), resource: text("app-2") },
            SolutionPart::Component { environment: text("env-b"), id: text("s1"), resource: text("app-3") },
        ]
    }

    /// What follows of rows and parts, in the order given: told as `file:line table: cells`, and all aliases after it.
    fn told(rows: &[(Table, &str)], parts: &[SolutionPart]) -> (Vec<String>, Vec<String>) {
        let mut gathered = Gathered::default();
        for (line, (table, cells)) in (1..).zip(rows) {
            let places: Vec<usize> = (0..table.columns().len()).collect();
            let cells: Vec<&str> = cells.split(',').collect();
            let row = Row::parse(*table, &places, cells.into_iter()).unwrap();
            gathered.push(*table, Entry { row, address: Address { file: 1, line } });
        }
        let parts: Vec<(SolutionPart, Address)> =
            parts.iter().map(|part| (part.clone(), Address { file: 2, line: 1 })).collect();
        let cells = |row: &Row| row.values().iter().map(Value::text).collect::<Vec<_>>().join(",");
        let derived = add(&mut gathered, &parts, &BTreeSet::new());
        let derived = derived.iter().map(|((table, row), address)| {
            format!("{}:{} {}: {}", address.file, address.line, table.name(), cells(row))
        });
        let mut aliases: Vec<String> = gathered.rows(Table::Aliases).map(|entry| cells(&entry.row)).collect();
        aliases.sort();
        (derived.collect(), aliases)
    }

    #[test]
    fn what_follows_stands_where_the_last_of_its_reasons_was_read() {
        let (derived, _) = told(&TOLD, &parts());
        assert_eq!(
            derived,
            [
                "2:1 solution_components: job-1,app-2",
                "2:1 solution_components: job-1,name:url:a.example/app",
                "1:6 aliases: t,principal,dataverse:env-a/u1,account,,",
                "1:6 aliases: t,principal,dataverse:url:a.example/u1,account,,",
                "1:6 aliases: t,principal,dataverse:url:api.a.example/u1,account,,",
                "1:4 aliases: t,resource,name:env-a/flow,flow-1,,",
                "1:3 aliases: t,resource,name:url:a.example/app,app-1,2026-01-01T00:00:00Z,",
                "1:3 aliases: t,resource,name:url:api.a.example/app,app-1,2026-01-01T00:00:00Z,",
                "1:4 aliases: t,resource,name:url:api.a.example/flow,flow-1,,",
            ]
        );
    }

    #[test]
    fn an_application_is_replaced_by_its_account() {
        let (_, aliases) = told(&TOLD, &[]);
        let of_user: Vec<&String> = aliases.iter().filter(|row| row.contains("/u1,")).collect();
        assert!(of_user.iter().all(|row| row.contains(",account,")) && of_user.len() == 3, "{of_user:?}");
        // Which account it is cannot be told: the application stays.
        let two = [TOLD[4], TOLD[5], (Table::Aliases, "t,principal,app:x,another,,")];
        let (derived, aliases) = told(&two, &[]);
        assert_eq!((derived.len(), aliases.len()), (0, 3));
    }

    #[test]
    fn the_order_makes_no_difference() {
        let without_places = |rows: &[(Table, &str)], parts: &[SolutionPart]| {
            let (derived, aliases) = told(rows, parts);
            let mut rows: Vec<String> =
                derived.iter().map(|row| row.split_once(' ').unwrap().1.to_owned()).collect();
            rows.sort();
            (rows, aliases)
        };
        let (mut rows, mut all) = (TOLD.to_vec(), parts());
        let first = without_places(&rows, &all);
        for _ in 0..rows.len() {
            rows.rotate_left(1);
            all.rotate_right(1);
            assert_eq!(without_places(&rows, &all), first);
        }
        rows.reverse();
        assert_eq!(without_places(&rows, &all), first);
    }

    #[test]
    fn an_address_of_two_environments_is_the_name_of_none() {
        let rows = [TOLD[0], (Table::Aliases, "t,environment,url:a.example,env-b,,"), TOLD[2], TOLD[3]];
        assert_eq!(told(&rows, &[]).0, [""; 0]);
    }
}
