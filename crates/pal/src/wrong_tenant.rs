//! Rows of activity whose tenant is not that of their resource. A metered state tells of which resources there are such
//! rows; where they stand is looked up in the files. That is rarely needed, and then few rows are read whole: but all
//! parts in which resources have other names, since what these stand for depends on the time.

use std::collections::BTreeSet;

use pal_import::facts::{FactFile, Sought, StoredActivity, may_have};
use pal_rules::facts::{Address, Facts, Refusal, RefusalReason, Row, Table};
use pal_rules::id::{ObjectId, ResourceId, TenantId};
use pal_rules::meter::{Activity, is_of_wrong_tenant, is_wrong_tenant};
use pal_rules::word::ActivityKind;

use crate::activity::{ActivityFiles, opened, unreadable_here};
use crate::exit::Failure;
use crate::load::unreadable;
use crate::parallel::try_each;
use crate::progress::Progress;

/// Resources of which there are rows in another tenant than theirs.
#[derive(Clone, Copy, Debug)]
pub(crate) struct WrongTenant<'a> {
    pub(crate) facts: &'a Facts,
    pub(crate) resources: &'a BTreeSet<ResourceId>,
}

impl WrongTenant<'_> {
    /// The rows in files.
    pub(crate) fn refusals(
        self,
        files: &ActivityFiles,
        progress: &mut Progress,
    ) -> Result<Vec<Refusal>, Failure> {
        let (stored, others): (Vec<_>, Vec<_>) =
            files.files.iter().partition(|(_, file)| file.checksum().is_some());
        let stored: Vec<FactFile> = stored.into_iter().map(|(_, file)| file.clone()).collect();
        let mut refusals = self.in_stored(&stored)?;
        let may = try_each(&others, |(_, file)| may_have(file, &self)).map_err(unreadable)?;
        for ((number, file), _) in others.into_iter().zip(may).filter(|(_, may)| *may) {
            files.read((*number, file), progress, &mut |address, row| {
                let activity = row.ok().and_then(|row: Row| Activity::read(&row));
                refusals.extend(activity.and_then(|activity| self.refusal(&activity, address)));
            })?;
        }
        Ok(refusals)
    }

    /// The rows in files that an import wrote.
    fn in_stored(self, files: &[FactFile]) -> Result<Vec<Refusal>, Failure> {
        let files = opened(files)?;
        let groups = files.iter().flat_map(|file| (0..file.groups()).map(move |group| (file, group)));
        let groups: Vec<(&StoredActivity, usize)> = groups.collect();
        let refusals = try_each(&groups, |(file, group)| self.of_group(file, *group))?;
        Ok(refusals.into_iter().flatten().collect())
    }

    fn refusal(self, activity: &Activity, address: Address) -> Option<Refusal> {
        let refused = || Refusal::of_row(Table::Activity, address, RefusalReason::WrongTenant);
        is_of_wrong_tenant(self.facts, activity).then(refused)
    }

    fn of_group(self, file: &StoredActivity, group: usize) -> Result<Vec<Refusal>, Failure> {
        let mut refusals = Vec::new();
        for part in file.parts_with(group, &self).map_err(unreadable_here)? {
            let read = file.read(&part, &mut |row| {
                let Some(kind) = ActivityKind::parse(row.kind) else { return };
                let resource = ResourceId::new(row.resource);
                if !self.may_be_wrong(&resource) {
                    return;
                }
                let (tenant, object) = (TenantId::new(row.tenant), ObjectId::new(row.object));
                let activity = Activity { at: row.at, tenant, resource, object, kind };
                refusals.extend(self.refusal(&activity, Address { file: row.file, line: row.line }));
            });
            read.map_err(unreadable_here)?;
        }
        Ok(refusals)
    }

    /// Whether some row of a resource may be refused; another name may stand for one at some time.
    fn may_be_wrong(self, resource: &ResourceId) -> bool {
        self.resources.contains(resource) || self.facts.aliases.names_resources(resource)
    }
}

impl Sought for WrongTenant<'_> {
    fn may_be_of(&self, resource: &str) -> bool {
        self.may_be_wrong(&ResourceId::new(resource))
    }

    fn may_have(&self, tenant: &str, resource: &str) -> bool {
        let (tenant, resource) = (TenantId::new(tenant), ResourceId::new(resource));
        self.facts.aliases.names_resources(&resource) || is_wrong_tenant(self.facts, &resource, &tenant)
    }
}
