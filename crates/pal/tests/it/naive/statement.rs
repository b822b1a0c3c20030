//! The statement of a month and its two roll-ups (sections 1, 5 and 7).

use std::collections::{BTreeMap, BTreeSet};

use super::decide::{Credit, Moment, decide, ineligible};
use super::marks::Marks;
use super::table::write;
use super::value::{format, month, time};
use super::world::{Resource, World};

/// The four files, byte for byte.
#[derive(Clone, Debug)]
pub(crate) struct Output {
    pub(crate) statement_csv: String,
    pub(crate) rollup_csv: String,
    pub(crate) company_csv: String,
    pub(crate) refused_csv: String,
    pub(crate) refused_rows: usize,
    pub(crate) marks: Marks,
}

struct Line<'a> {
    id: &'a str,
    resource: &'a Resource,
    credit: Result<Credit, &'static str>,
    ineligible: Option<&'static str>,
    quantity: u64,
    people: BTreeSet<&'a str>,
}

impl World {
    /// The statement and roll-ups of a month.
    pub(crate) fn output(&self, month_text: &str, as_of: Option<&str>) -> Output {
        let (start, end) = month(month_text);
        let as_of = as_of.map(|text| time(text).unwrap());
        assert!(as_of.is_none_or(|as_of| as_of > start), "as-of is not after the start of the month");
        let seen = as_of.map_or(end, |as_of| as_of.min(end));
        let mut marks = self.marks.clone();
        let mut lines: Vec<Line> = Vec::new();
        for (id, resource) in &self.resources {
            let there = resource.created.is_none_or(|created| created < seen)
                && resource.deleted.is_none_or(|deleted| deleted > start);
            if workload(&resource.product).is_some() && there {
                let judged = resource.deleted.map_or(seen, |deleted| deleted.min(seen));
                lines.push(self.line(id, resource, Moment { start, judged }, &mut marks));
            }
        }
        lines.sort_by_key(|line| (&line.resource.tenant, &line.resource.product, line.id));
        Output {
            statement_csv: statement(&lines, month_text),
            rollup_csv: rollup(&lines, month_text),
            company_csv: company(self, &lines, month_text),
            refused_csv: self.refused.csv(),
            refused_rows: self.refused.rows(),
            marks,
        }
    }

    fn line<'a>(
        &'a self,
        id: &'a str,
        resource: &'a Resource,
        moment: Moment,
        marks: &mut Marks,
    ) -> Line<'a> {
        let credit = decide(self, resource, moment, marks);
        let partner = credit.as_ref().ok().map(|credit| credit.partner.as_str());
        let ineligible = partner.and_then(|partner| ineligible(self, resource, partner, moment.judged));
        let within = |at: i64| moment.start <= at && at < moment.judged;
        let mut people = BTreeSet::new();
        let quantity = if resource.product == "customer_insights" {
            let measured = resource.profiles.iter().filter(|profiles| within(profiles.0)).max();
            measured.map_or(0, |profiles| profiles.1)
        } else {
            for activity in resource.activity.iter().filter(|activity| !activity.make && within(activity.at))
            {
                let kind = self.kind(&resource.tenant, &activity.object);
                if !matches!(kind, Some("service_principal" | "managed_identity" | "system")) {
                    people.insert(activity.object.as_str());
                }
            }
            u64::try_from(people.len()).unwrap()
        };
        Line { id, resource, credit, ineligible, quantity, people }
    }
}

fn workload(product: &str) -> Option<&str> {
    match product {
        "power_apps_canvas" | "power_apps_model_driven" => Some("power_apps"),
        "power_automate" | "power_bi" | "customer_insights" => Some(product),
        _ => None,
    }
}

fn statement(lines: &[Line], month: &str) -> String {
    let mut out = "month,tenant_id,environment_id,product,resource_id,metric,quantity,outcome,partner_id,\
        object_id,basis,since,last_active_at,reason,eligible,ineligible_reason\n"
        .to_owned();
    for line in lines {
        let resource = line.resource;
        let metric = if resource.product == "customer_insights" { "unified_profiles" } else { "mau" };
        let environment = resource.environment.as_deref().unwrap_or("");
        let quantity = line.quantity.to_string();
        let mut cells =
            vec![month, &resource.tenant, environment, &resource.product, line.id, metric, &quantity];
        let (since, last);
        match &line.credit {
            Ok(Credit { partner, claim, last_active }) => {
                (since, last) = (format(claim.since), format(*last_active));
                let eligible = if line.ineligible.is_none() { "true" } else { "false" };
                cells.extend(["credited", partner, &claim.object, claim.basis, &since, &last, "", eligible]);
                cells.push(line.ineligible.unwrap_or(""));
            }
            Err(reason) => cells.extend(["uncredited", "", "", "", "", "", reason, "", ""]),
        }
        write(&mut out, &cells);
    }
    out
}

/// What a roll-up line adds up.
#[derive(Default)]
struct Sum<'a> {
    partners: BTreeSet<&'a str>,
    resources: u64,
    mau_lines: u64,
    people: BTreeSet<&'a str>,
    profiles: u64,
    eligible_people: BTreeSet<&'a str>,
    eligible_profiles: u64,
}

impl<'a> Sum<'a> {
    fn add(&mut self, line: &'a Line, partner: &'a str) {
        let eligible = line.ineligible.is_none();
        self.partners.insert(partner);
        self.resources += 1;
        self.people.extend(&line.people);
        if eligible {
            self.eligible_people.extend(&line.people);
        }
        if line.resource.product == "customer_insights" {
            self.profiles += line.quantity;
            self.eligible_profiles += if eligible { line.quantity } else { 0 };
        } else {
            self.mau_lines += line.quantity;
        }
    }

    fn numbers(&self) -> [String; 6] {
        let count = |people: &BTreeSet<&str>| people.len().to_string();
        [
            self.resources.to_string(),
            self.mau_lines.to_string(),
            count(&self.people),
            self.profiles.to_string(),
            count(&self.eligible_people),
            self.eligible_profiles.to_string(),
        ]
    }
}

/// Sums the credited lines by partner (or whatever stands for it), tenant and workload.
fn sums<'a>(
    lines: &'a [Line],
    stand: impl Fn(&'a str) -> &'a str,
) -> BTreeMap<(&'a str, &'a str, &'a str), Sum<'a>> {
    let mut sums: BTreeMap<_, Sum> = BTreeMap::new();
    for line in lines {
        if let Ok(credit) = &line.credit {
            let key = (
                stand(&credit.partner),
                line.resource.tenant.as_str(),
                workload(&line.resource.product).unwrap(),
            );
            sums.entry(key).or_default().add(line, &credit.partner);
        }
    }
    sums
}

fn rollup(lines: &[Line], month: &str) -> String {
    let mut out = "month,partner_id,tenant_id,workload,resources,mau_line_sum,mau_distinct,unified_profiles,\
        eligible_mau_distinct,eligible_unified_profiles\n"
        .to_owned();
    for ((partner, tenant, workload), sum) in sums(lines, |partner| partner) {
        let numbers = sum.numbers();
        let mut cells = vec![month, partner, tenant, workload];
        cells.extend(numbers.iter().map(String::as_str));
        write(&mut out, &cells);
    }
    out
}

fn company(world: &World, lines: &[Line], month: &str) -> String {
    let mut out = "month,global_partner_id,tenant_id,workload,locations,resources,mau_line_sum,mau_distinct,\
        unified_profiles,eligible_mau_distinct,eligible_unified_profiles\n"
        .to_owned();
    for ((company, tenant, workload), sum) in sums(lines, |partner| world.company(partner)) {
        let (locations, numbers) = (sum.partners.len().to_string(), sum.numbers());
        let mut cells = vec![month, company, tenant, workload, &locations];
        cells.extend(numbers.iter().map(String::as_str));
        write(&mut out, &cells);
    }
    out
}
