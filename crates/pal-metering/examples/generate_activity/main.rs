//! Writes activity from a seed, as large as you like: resources by Zipf's law, people by a log-normal one, weekdays,
//! seasons, rows that come late or twice.
//!
//! ```text
//! cargo run --release -p pal-metering --example generate_activity -- FOLDER [rows=10000000] [days=365]
//!     [tenants=200] [resources=20000] [people=2000000] [seed=1] [makes=30] [twice=10] [late=10]   (of a thousand)
//!     [spread=skewed|uniform] [order=time|none|resource] [coding=dictionary|plain] [ids=text|binary] [files=day|one]
//! ```
#![expect(clippy::float_arithmetic, reason = "weights of random choices are no credit")]
#![expect(
    clippy::cast_precision_loss,
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "as above"
)]
#![expect(clippy::indexing_slicing, reason = "a tool for benchmarks, which may stop where it is wrong")]

mod choice;
mod files;

use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::atomic::{AtomicU64, Ordering};

use choice::{Choice, Random};
use files::{Form, Row, write};

/// What is to be written.
#[derive(Clone, Debug)]
struct Plan {
    folder: PathBuf,
    rows: u64,
    days: u64,
    tenants: u64,
    resources: u64,
    people: u64,
    seed: u64,
    makes: u64,
    twice: u64,
    late: u64,
    uniform: bool,
    order: String,
    form: Form,
    one_file: bool,
}

/// Who there is, and how likely each is.
struct World {
    tenant_ids: Vec<u128>,
    resource_ids: Vec<u128>,
    tenant_of: Vec<u32>,
    people_of: Vec<Vec<u128>>,
    choose_resource: Choice,
    choose_person: Vec<Choice>,
}

/// 2025-01-01, a Wednesday.
const FIRST_DAY: u64 = 20_089;

fn main() -> ExitCode {
    match plan().and_then(|plan| generate(&plan)) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            #[expect(clippy::print_stderr, reason = "an example has no other voice")]
            {
                eprintln!("{error}");
            }
            ExitCode::from(2)
        }
    }
}

fn plan() -> Result<Plan, String> {
    let mut arguments = std::env::args().skip(1);
    let folder = arguments.next().ok_or("which folder?")?.into();
    let settings: Vec<(String, String)> = arguments
        .map(|one| one.split_once('=').map(|(name, value)| (name.to_owned(), value.to_owned())).ok_or(one))
        .collect::<Result<_, _>>()?;
    let text = |name: &str, usual: &str| {
        let given = settings.iter().find(|(given, _)| given == name);
        given.map_or(usual.to_owned(), |(_, value)| value.clone())
    };
    let number =
        |name: &str, usual: u64| text(name, &usual.to_string()).parse().map_err(|_| format!("{name}?"));
    let form = Form {
        dictionary: text("coding", "dictionary") == "dictionary",
        binary: text("ids", "text") == "binary",
    };
    Ok(Plan {
        folder,
        rows: number("rows", 10_000_000)?,
        days: number("days", 365)?,
        tenants: number("tenants", 200)?,
        resources: number("resources", 20_000)?,
        people: number("people", 2_000_000)?,
        seed: number("seed", 1)?,
        makes: number("makes", 30)?,
        twice: number("twice", 10)?,
        late: number("late", 10)?,
        uniform: text("spread", "skewed") == "uniform",
        order: text("order", "time"),
        form,
        one_file: text("files", "day") == "one",
    })
}

fn generate(plan: &Plan) -> Result<(), String> {
    std::fs::create_dir_all(&plan.folder).map_err(|error| error.to_string())?;
    let world = World::new(plan);
    let weights: Vec<f64> = (0..plan.days).map(weight).collect();
    let whole: f64 = weights.iter().sum();
    let of_day = |day: u64| (plan.rows as f64 * weights[day as usize] / whole) as u64;
    if plan.one_file {
        let rows = (0..plan.days).flat_map(|day| world.day(plan, day, of_day(day))).collect();
        return write(&plan.folder.join("activity.parquet"), rows, &plan.order, plan.form);
    }
    let next = AtomicU64::new(0);
    let work = || {
        loop {
            let day = next.fetch_add(1, Ordering::Relaxed);
            if day >= plan.days {
                return Ok(());
            }
            let rows = world.day(plan, day, of_day(day));
            write(&plan.folder.join(format!("day-{day:04}.parquet")), rows, &plan.order, plan.form)?;
        }
    };
    std::thread::scope(|scope| {
        let threads: Vec<_> = (0..2).map(|_| scope.spawn(work)).collect();
        threads.into_iter().try_for_each(|thread| thread.join().unwrap_or(Err("a thread ended early".into())))
    })
}

/// How busy a day is: weekends are quiet, so are summer and the turn of the year.
fn weight(day: u64) -> f64 {
    let of_week = if matches!((day + 2) % 7, 5 | 6) { 0.3 } else { 1.0 };
    let of_year = (day % 365) as f64 / 365.0 * std::f64::consts::TAU;
    of_week * (1.0 + 0.15 * (2.0 * of_year).sin())
}

impl World {
    fn new(plan: &Plan) -> Self {
        let mut random = Random::new(plan.seed);
        let mut ids = |count: u64| (0..count).map(|_| random.guid()).collect::<Vec<_>>();
        let (tenant_ids, resource_ids) = (ids(plan.tenants), ids(plan.resources));
        let zipf = |count: u64, power: f64| -> Vec<f64> {
            (0..count).map(|rank| if plan.uniform { 1.0 } else { ((rank + 1) as f64).powf(-power) }).collect()
        };
        let choose_tenant = Choice::new(&zipf(plan.tenants, 0.8));
        let tenant_of: Vec<u32> = (0..plan.resources).map(|_| choose_tenant.choose(&mut random)).collect();
        let mut people_of: Vec<Vec<u128>> = vec![Vec::new(); plan.tenants as usize];
        for _ in 0..plan.people {
            people_of[choose_tenant.choose(&mut random) as usize].push(random.guid());
        }
        for people in people_of.iter_mut().filter(|people| people.is_empty()) {
            people.push(random.guid());
        }
        let mut log_normal = |count: usize| -> Vec<f64> {
            (0..count).map(|_| if plan.uniform { 1.0 } else { (1.2 * random.normal()).exp() }).collect()
        };
        let choose_person = people_of.iter().map(|people| Choice::new(&log_normal(people.len()))).collect();
        let choose_resource = Choice::new(&zipf(plan.resources, 0.95));
        Self { tenant_ids, resource_ids, tenant_of, people_of, choose_resource, choose_person }
    }

    fn day(&self, plan: &Plan, day: u64, rows: u64) -> Vec<Row> {
        let mut random = Random::new(plan.seed ^ (day + 1).wrapping_mul(0x9e37_79b9_7f4a_7c15));
        let start = (FIRST_DAY + day) * 86_400;
        let mut all = Vec::with_capacity(rows as usize);
        while (all.len() as u64) < rows {
            let resource = self.choose_resource.choose(&mut random) as usize;
            let tenant = self.tenant_of[resource] as usize;
            let person = self.choose_person[tenant].choose(&mut random) as usize;
            let late = if random.below(1000) < plan.late { random.below(86_400) } else { 0 };
            let second = (start + random.below(86_400)).saturating_sub(late).max(FIRST_DAY * 86_400);
            let row = Row {
                at: (second * 1_000_000).cast_signed(),
                tenant: self.tenant_ids[tenant],
                resource: self.resource_ids[resource],
                object: self.people_of[tenant][person],
                make: random.below(1000) < plan.makes,
            };
            all.push(row);
            if random.below(1000) < plan.twice {
                all.push(row);
            }
        }
        all
    }
}
