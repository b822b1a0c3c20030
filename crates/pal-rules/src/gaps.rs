//! Of which days there is data, what is missing, and until when that can still be fetched (`formats.md` §10.7).

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use crate::coverage::{first_whole_day, union, whole_days};
use crate::facts::Coverage;
use crate::id::TenantId;
use crate::time::{Day, Month, Timestamp};
use crate::word::{ActorBasis, Product};

/// How many days after its end a month still gets records: until data of then is there, it is provisional.
pub const LATE_DAYS: i64 = 7;

/// How many days before its end a chance to fetch is told to be about to pass.
pub const SOON_DAYS: i64 = 3;

/// A span of data, and when it was imported first.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Told {
    /// The tenant.
    pub tenant: TenantId,
    /// The product.
    pub product: Product,
    /// What is covered, of which source and actor basis.
    pub coverage: Coverage,
    /// When it was imported.
    pub imported_at: Timestamp,
}

/// How many days back a source can be asked. A day counts as in reach as long as all of it is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Reach {
    /// Through its interface, by a program; `None` where no limit is known.
    pub fetched: Option<i64>,
    /// By hand, through a search that reaches further; `None` where there is none.
    pub searched: Option<i64>,
}

word_list! {
    /// Whether what is missing can still be had.
    Fetch {
        /// Through the source's interface.
        Possible = "possible",
        /// No longer through the interface, but by a search that reaches further.
        BySearch = "by_search",
        /// No longer.
        TooLate = "too_late",
        /// No limit of the source is known.
        NoLimit = "no_limit",
    }
    /// How far a month has come.
    MonthState {
        /// Every day has data, and what comes late has come.
        Complete = "complete",
        /// Days are missing.
        Gaps = "gaps",
        /// Records may still come late.
        Provisional = "provisional",
    }
}

/// What is known of a run of days.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Have {
    /// There is data; all of it was there so many whole days after each day's end.
    Data {
        /// The greatest number of days.
        late_days: i64,
    },
    /// There is none.
    Nothing(Fetch, Option<Day>),
}

/// A run of days of which the same is known, both ends included.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Run {
    /// Its first day.
    pub first: Day,
    /// Its last day.
    pub last: Day,
    /// What is known of them.
    pub have: Have,
}

impl Run {
    /// How many days it has.
    pub const fn days(&self) -> i64 {
        self.last.days_after(self.first) + 1
    }

    /// The last day on which all of what is missing can be had, where there is one.
    pub const fn until(&self) -> Option<Day> {
        match self.have {
            Have::Nothing(_, until) => until,
            Have::Data { .. } => None,
        }
    }

    /// Whether the chance to have what is missing is about to pass.
    pub fn passes_soon(&self, now: Timestamp) -> bool {
        self.until().is_some_and(|until| until <= now.day().plus(SOON_DAYS))
    }
}

/// A month as a source knows it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct MonthKnown {
    /// The month.
    pub month: Month,
    /// Whole UTC days with data.
    pub covered_days: u64,
    /// Days of the month.
    pub days: u64,
    /// How far it has come.
    pub state: MonthState,
}

/// The data of one source about one product of one tenant.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Series {
    /// The tenant.
    pub tenant: TenantId,
    /// The product.
    pub product: Product,
    /// The source.
    pub source: Arc<str>,
    /// How sure its actors are.
    pub actor_basis: ActorBasis,
    /// Every day from the tenant's first to yesterday, in runs.
    pub runs: Vec<Run>,
    /// The months that these days lie in.
    pub months: Vec<MonthKnown>,
}

type Key = (TenantId, Product, Arc<str>, ActorBasis);

/// Puts in order what there is data of: one [`Series`] per tenant, product, source and actor basis.
///
/// - `reach`: how far back a source can be asked about a product.
/// - `only`: a month to look at; all, else.
pub fn series(
    told: &[Told],
    reach: &dyn Fn(&str, &Product) -> Reach,
    only: Option<Month>,
    now: Timestamp,
) -> Vec<Series> {
    let mut groups: BTreeMap<Key, Vec<&Told>> = BTreeMap::new();
    let mut begins: BTreeMap<&TenantId, Day> = BTreeMap::new();
    for one in told.iter().filter(|one| one.coverage.from < one.coverage.until) {
        let (source, basis) = (one.coverage.source.clone(), one.coverage.actor_basis);
        groups.entry((one.tenant.clone(), one.product.clone(), source, basis)).or_default().push(one);
        let day = first_whole_day(one.coverage.from);
        let begin = begins.entry(&one.tenant).or_insert(day);
        *begin = day.min(*begin);
    }
    let mut found = Vec::new();
    for ((tenant, product, source, actor_basis), told) in groups {
        let Some(begin) = begins.get(&tenant) else { continue };
        let (mut first, mut last) = (*begin, now.day().plus(-1));
        if let Some(month) = only {
            first = first.max(month.start().day());
            last = last.min(month.end().day().plus(-1));
        }
        let reach = reach(&source, &product);
        let (runs, months) = known(&told, actor_basis, (first, last), (reach, now));
        found.push(Series { tenant, product, source, actor_basis, runs, months });
    }
    found
}

fn known(
    told: &[&Told],
    basis: ActorBasis,
    (first, last): (Day, Day),
    (reach, now): (Reach, Timestamp),
) -> (Vec<Run>, Vec<MonthKnown>) {
    let spans: Vec<Coverage> = told.iter().map(|one| one.coverage.clone()).collect();
    let spans = union(&spans, basis);
    let arrived = arrivals(told, &spans, (first, last));
    let mut runs: Vec<Run> = Vec::new();
    let mut day = first;
    while day <= last {
        let have = match arrived.get(&day) {
            Some(at) => Have::Data { late_days: at.day().days_after(day.next()).max(0) },
            None => missing(day, reach, now.day()),
        };
        extend(&mut runs, day, have);
        day = day.next();
    }
    let until = spans.last().map_or(Timestamp::MIN, |(_, until)| *until);
    let mut months = Vec::new();
    let mut month = first.start().month();
    while first <= last && month <= last.start().month() {
        months.push(month_known(month, &spans, until));
        month = month.next();
    }
    (runs, months)
}

/// For each whole day with data when all of it had arrived.
fn arrivals(
    told: &[&Told],
    spans: &[(Timestamp, Timestamp)],
    (first, last): (Day, Day),
) -> BTreeMap<Day, Timestamp> {
    let mut arrived: BTreeMap<Day, Timestamp> = BTreeMap::new();
    let days = |from: Timestamp, until: Timestamp| {
        let begin = first_whole_day(from).max(first);
        let whole = move |day: &Day| *day <= last && day.next().start() <= until;
        std::iter::successors(Some(begin), |day| Some(day.next())).take_while(whole)
    };
    for one in told {
        for day in days(one.coverage.from, one.coverage.until) {
            let at = arrived.entry(day).or_insert(one.imported_at);
            *at = one.imported_at.min(*at);
        }
    }
    // Days that only several spans together cover were whole when the last of these came.
    for (from, until) in spans {
        let pieced: BTreeSet<Day> = days(*from, *until).filter(|day| !arrived.contains_key(day)).collect();
        for day in pieced {
            let (start, end) = (day.start(), day.next().start());
            let of_day = told.iter().filter(|one| one.coverage.from < end && one.coverage.until > start);
            arrived.extend(of_day.map(|one| one.imported_at).max().map(|at| (day, at)));
        }
    }
    arrived
}

fn missing(day: Day, reach: Reach, today: Day) -> Have {
    let open = |limit: i64| Some(day.plus(limit - 1)).filter(|until| *until >= today);
    let Some(fetched) = reach.fetched else { return Have::Nothing(Fetch::NoLimit, None) };
    if let Some(until) = open(fetched) {
        return Have::Nothing(Fetch::Possible, Some(until));
    }
    match reach.searched.and_then(open) {
        Some(until) => Have::Nothing(Fetch::BySearch, Some(until)),
        None => Have::Nothing(Fetch::TooLate, None),
    }
}

/// Adds a day to the runs: to the last one, if the same is known of it. What is missing can be had whole until its first
/// day is out of reach.
fn extend(runs: &mut Vec<Run>, day: Day, have: Have) {
    if let Some(run) = runs.last_mut() {
        match (&mut run.have, have) {
            (Have::Data { late_days: most }, Have::Data { late_days }) => {
                *most = late_days.max(*most);
                run.last = day;
                return;
            }
            (Have::Nothing(fetch, _), Have::Nothing(other, _)) if *fetch == other => {
                run.last = day;
                return;
            }
            _ => {}
        }
    }
    runs.push(Run { first: day, last: day, have });
}

fn month_known(month: Month, spans: &[(Timestamp, Timestamp)], until: Timestamp) -> MonthKnown {
    let days = whole_days(&[(month.start(), month.end())], month.start(), month.end());
    let covered_days = whole_days(spans, month.start(), month.end());
    let state = if until < month.end().day().plus(LATE_DAYS).start() {
        MonthState::Provisional
    } else if covered_days < days {
        MonthState::Gaps
    } else {
        MonthState::Complete
    };
    MonthKnown { month, covered_days, days, state }
}
