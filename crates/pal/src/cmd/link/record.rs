//! What was seen of links becomes `links` facts in the workspace, dated as `formats.md` §10.8 says.

use pal_fleet::links::Link;
use pal_fleet::problem::Problem;
use pal_rules::facts::{Row, Table};
use pal_rules::id::Id;
use pal_rules::time::Timestamp;
use pal_rules::word::KnownFrom;
use serde_json::Value;

use super::held::{Held, Refused};
use super::known::known_from;
use super::session::{Session, failure};
use crate::cmd::import::import_rows;
use crate::exit::Failure;
use crate::render::tell;
use crate::shell::{Shell, workspace_failure};

/// What was seen of one principal's link.
#[derive(Clone, Debug)]
pub(super) struct Seen {
    pub(super) tenant_id: String,
    pub(super) object_id: String,
    pub(super) known_from: KnownFrom,
    pub(super) state: State,
}

/// How it was seen.
#[derive(Clone, Debug)]
pub(super) enum State {
    /// Linked to a partner, since then if the server says so.
    Linked(String, Option<Timestamp>),
    /// Not linked.
    NotLinked,
    /// All its periods: partner, start, end.
    Periods(Vec<(String, Timestamp, Option<Timestamp>)>),
}

/// Keeps what is known of the caller's link; a server of our own also tells what was before.
pub(super) fn own(session: &Session, link: Option<&Link>, shell: &Shell) -> Result<(), Failure> {
    let caller = link.map(|link| (link.tenant_id.clone(), link.object_id.clone()));
    let caller = caller.or_else(|| session.caller().map(|caller| (caller.tenant_id, caller.object_id)));
    let Some((tenant_id, object_id)) = caller else {
        tell("not recorded: neither the answer nor the token says whose link it is");
        return Ok(());
    };
    let known_from = known_from(&session.endpoint);
    let history = match known_from {
        KnownFrom::ThisServer => match session.client().history(&tenant_id, &object_id) {
            // A server of this shape need not be ours: what it shows now is then all there is.
            Err(Problem::Refused(refusal)) if refusal.status < 500 => None,
            history => history.map_err(failure)?.found,
        },
        _ => None,
    };
    let state = match (history.as_deref().and_then(periods), link) {
        (Some(periods), _) => State::Periods(periods),
        (None, Some(link)) => State::Linked(link.partner_id.clone(), since(link)),
        (None, None) => State::NotLinked,
    };
    keep(session.endpoint.url(), &Seen { tenant_id, object_id, known_from, state }, shell)
}

/// When a link began: at its last write. At version 1 that is when it was made, and the two agree.
fn since(link: &Link) -> Option<Timestamp> {
    let time = match link.version {
        Some(1) => link.created_time.as_deref().or(link.updated_time.as_deref()),
        _ => link.updated_time.as_deref(),
    };
    Timestamp::parse(time?)
}

/// The periods of a link, from its changes by version; `None` for changes that cannot be read.
pub(super) fn periods(changes: &[Value]) -> Option<Vec<(String, Timestamp, Option<Timestamp>)>> {
    let mut changes: Vec<&Value> = changes.iter().collect();
    changes.sort_by_key(|change| change.get("version").and_then(Value::as_u64));
    let mut periods: Vec<(String, Timestamp, Option<Timestamp>)> = Vec::new();
    for change in changes {
        let text = |name: &str| change.get(name).and_then(Value::as_str);
        let at = Timestamp::parse(text("at")?)?;
        if let Some((_, _, end @ None)) = periods.last_mut() {
            *end = Some(at);
        }
        if text("kind")? != "deleted" {
            periods.push((text("partner_id")?.to_owned(), at, None));
        }
    }
    Some(periods)
}

/// Puts what is new into the workspace.
pub(super) fn keep(endpoint: &str, seen: &Seen, shell: &Shell) -> Result<(), Failure> {
    let (mut workspace, _lock) = shell.write("pal link --record")?;
    let stored = workspace.table_rows(Table::Links).map_err(workspace_failure)?;
    let known: Vec<&Row> = stored.iter().map(|stored| &stored.row).collect();
    let rows = new_rows(seen, &known, shell.now());
    if rows.is_empty() {
        tell("recorded: nothing new");
    } else {
        let count = rows.len();
        let import = import_rows(&mut workspace, endpoint, Table::Links, rows, shell)?;
        let s = if count == 1 { "" } else { "s" };
        tell(format!("recorded: {count} row{s} of `links` (import {import})"));
    }
    let held = Held::read(&workspace, shell)?;
    let principal = [Id::new(&seen.tenant_id), Id::new(&seen.object_id)];
    for refused in held.refused_of(principal.each_ref(), seen.known_from) {
        tell_refused(refused);
    }
    Ok(())
}

/// Warns that what was recorded does not hold, and says what to do.
fn tell_refused(Refused { row, why, advice }: &Refused) {
    let partner = row.row.partner(2).map(|partner| partner.to_string()).unwrap_or_default();
    let from = row.row.time(3).map(|from| from.to_string()).unwrap_or_default();
    tell(format!(
        "warning: the recorded link to {partner} from {from} does not hold, and no month counts it: {why}\nhint: {advice}"
    ));
}

/// The rows that say what was seen, without those that the workspace has.
fn new_rows(seen: &Seen, known: &[&Row], now: Timestamp) -> Vec<Row> {
    let principal = [Id::new(&seen.tenant_id), Id::new(&seen.object_id)];
    let is_theirs = |row: &&&Row| row.id(0) == Some(&principal[0]) && row.id(1) == Some(&principal[1]);
    let same = |row: &&&Row| row.word(5) == Some(seen.known_from.as_str());
    let theirs: Vec<&Row> = known.iter().filter(is_theirs).filter(same).copied().collect();
    let row = |partner: &str, from: Timestamp, until: Option<Timestamp>| row(seen, partner, from, until);
    let rows: Vec<Option<Row>> = match (&seen.state, seen.known_from) {
        (State::Periods(periods), _) => {
            periods.iter().map(|(partner, from, until)| row(partner, *from, *until)).collect()
        }
        (State::Linked(partner, since), KnownFrom::ThisServer) => {
            let from = since.unwrap_or(now);
            let open = ended(&theirs, from, seen);
            if since.is_none() && still(&theirs, partner) {
                Vec::new()
            } else {
                [open, vec![row(partner, from, None)]].concat()
            }
        }
        (State::NotLinked, KnownFrom::ThisServer) => ended(&theirs, now, seen),
        (State::Linked(partner, None), _) if still(&theirs, partner) => Vec::new(),
        (State::Linked(partner, since), _) => vec![row(partner, since.unwrap_or(now), None)],
        // Not linked, and the last that was seen says so too.
        (State::NotLinked, _) if latest(&theirs).is_some_and(|row| row.partner(2).is_none()) => Vec::new(),
        (State::NotLinked, _) => vec![row("", now, None)],
    };
    rows.into_iter().flatten().filter(|row| !theirs.contains(&row)).collect()
}

fn latest<'a>(rows: &[&'a Row]) -> Option<&'a Row> {
    rows.iter().max_by_key(|row| row.time(3)).copied()
}

/// Whether the last that was seen is an open link to this partner.
fn still(rows: &[&Row], partner: &str) -> bool {
    latest(rows).is_some_and(|row| {
        row.time(4).is_none() && row.partner(2).is_some_and(|known| known.to_string() == partner)
    })
}

/// Ends what was open before: a link of this server lasts until somebody says that it ended.
fn ended(rows: &[&Row], at: Timestamp, seen: &Seen) -> Vec<Option<Row>> {
    let has_end = |open: &Row| {
        rows.iter().any(|row| {
            row.time(4).is_some() && row.time(3) == open.time(3) && row.partner(2) == open.partner(2)
        })
    };
    rows.iter()
        .filter(|open| open.time(4).is_none() && !has_end(open))
        .filter_map(|open| Some((open.partner(2)?, open.time(3).filter(|from| *from < at)?)))
        .map(|(partner, from)| row(seen, &partner.to_string(), from, Some(at)))
        .collect()
}

fn row(seen: &Seen, partner: &str, from: Timestamp, until: Option<Timestamp>) -> Option<Row> {
    let (from, until) = (from.to_string(), until.map(|until| until.to_string()).unwrap_or_default());
    let cells = [&seen.tenant_id, &seen.object_id, partner, &from, &until, seen.known_from.as_str()];
    Row::parse(Table::Links, &[0, 1, 2, 3, 4, 5], cells.into_iter()).ok()
}

#[cfg(test)]
mod tests {
    use pal_rules::facts::Row;
    use pal_rules::time::Timestamp;
    use pal_rules::word::KnownFrom;

    use super::{Seen, State, new_rows, periods};

    const NOON: &str = "2026-03-02T12:00:00Z";

    fn at(text: &str) -> Timestamp {
        Timestamp::parse(text).unwrap()
    }

    fn told(row: &Row) -> String {
        row.values().iter().skip(2).map(pal_rules::facts::Value::text).collect::<Vec<_>>().join(",")
    }

    /// What each sight adds, the earlier ones being known.
    fn added(known_from: KnownFrom, sights: Vec<State>) -> Vec<Vec<String>> {
        let mut known: Vec<Row> = Vec::new();
        let mut all = Vec::new();
        for (hour, state) in sights.into_iter().enumerate() {
            let seen = Seen { tenant_id: "T1".to_owned(), object_id: "O1".to_owned(), known_from, state };
            let now = at(&format!("2026-03-02T{:02}:00:00Z", hour + 10));
            let new = new_rows(&seen, &known.iter().collect::<Vec<_>>(), now);
            all.push(new.iter().map(told).collect());
            known.extend(new);
        }
        all
    }

    fn linked(partner: &str, since: Option<&str>) -> State {
        State::Linked(partner.to_owned(), since.map(at))
    }

    #[test]
    fn microsoft_is_observed_and_what_is_the_same_is_not_told_twice() {
        let dated = || linked("100", Some("2026-03-01T00:00:00.1234567Z"));
        let seen = vec![
            dated(),
            dated(),
            State::NotLinked,
            State::NotLinked,
            linked("200", None),
            linked("200", None),
            linked("100", None),
        ];
        assert_eq!(
            added(KnownFrom::Microsoft, seen),
            [
                vec!["100,2026-03-01T00:00:00.123456Z,,microsoft"],
                vec![],
                vec![",2026-03-02T12:00:00Z,,microsoft"],
                vec![],
                vec!["200,2026-03-02T14:00:00Z,,microsoft"],
                vec![],
                vec!["100,2026-03-02T16:00:00Z,,microsoft"],
            ]
        );
        assert_eq!(
            added(KnownFrom::Microsoft, vec![State::NotLinked])[0].len(),
            1,
            "not linked is a fact too"
        );
    }

    #[test]
    fn a_link_of_a_server_ends_where_another_begins_or_where_it_is_gone() {
        let seen = vec![
            linked("100", Some("2026-03-01T00:00:00Z")),
            linked("200", Some(NOON)),
            linked("200", Some(NOON)),
            State::NotLinked,
            State::NotLinked,
        ];
        assert_eq!(
            added(KnownFrom::ThisServer, seen),
            [
                vec!["100,2026-03-01T00:00:00Z,,this_server"],
                vec![
                    "100,2026-03-01T00:00:00Z,2026-03-02T12:00:00Z,this_server",
                    "200,2026-03-02T12:00:00Z,,this_server"
                ],
                vec![],
                vec!["200,2026-03-02T12:00:00Z,2026-03-02T13:00:00Z,this_server"],
                vec![],
            ]
        );
    }

    #[test]
    fn a_history_gives_all_periods_in_whatever_order_it_comes() {
        let change = |version: u64, kind: &str, partner: &str, at: &str| serde_json::json!({"version": version, "kind": kind, "partner_id": partner, "at": at});
        let changes = [
            change(3, "deleted", "200", "2026-03-03T00:00:00Z"),
            change(1, "created", "100", "2026-03-01T00:00:00Z"),
            change(4, "created", "100", "2026-03-04T00:00:00Z"),
            change(2, "updated", "200", "2026-03-02T00:00:00Z"),
        ];
        let periods = periods(&changes).unwrap();
        assert_eq!(
            added(KnownFrom::ThisServer, vec![State::Periods(periods.clone()), State::Periods(periods)]),
            [
                vec![
                    "100,2026-03-01T00:00:00Z,2026-03-02T00:00:00Z,this_server",
                    "200,2026-03-02T00:00:00Z,2026-03-03T00:00:00Z,this_server",
                    "100,2026-03-04T00:00:00Z,,this_server"
                ],
                vec![],
            ]
        );
        assert_eq!(super::periods(&[serde_json::json!({"version": 1})]), None);
    }
}
