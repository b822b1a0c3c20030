//! What every engine must do: functions of a registry, run by each engine's own tests.

use pal_store::ReadScope;
use pal_store::registry::{
    ChangeKind, Created, Cursor, Deleted, Link, Page, PartnerProblem, PartnersPut, Updated,
};

use crate::world::{
    World, directory, everything, location, object, partner, principal, request, sent, tenant, time,
};

fn made(created: Created) -> Link {
    let Created::Made(link) = created else { panic!("{created:?}") };
    link
}

fn changed(updated: Updated) -> Link {
    let Updated::Changed(link) = updated else { panic!("{updated:?}") };
    link
}

fn deleted(deleted: Deleted) -> Link {
    let Deleted::Deleted(link) = deleted else { panic!("{deleted:?}") };
    link
}

/// Runs every function below, each with tenants of its own.
pub(crate) async fn all(world: &World) {
    world.registry.put_partners(directory(), None, request()).await.unwrap();
    a_first_link_has_version_1_and_one_time(world).await;
    versions_run_on_through_deletes_and_creates(world).await;
    a_change_to_the_same_partner_changes_nothing(world).await;
    a_create_sent_again_is_answered_and_any_other_refused(world).await;
    the_link_is_judged_before_the_id(world).await;
    a_delete_of_another_partner_changes_nothing(world).await;
    only_active_locations_can_be_linked_to(world).await;
    times_go_on_when_the_clock_goes_back(world).await;
    history_tells_every_change_and_who_made_it(world).await;
    lists_stay_in_scope_and_go_page_by_page(world).await;
    lists_are_searched_by_ids_and_names_in_any_case(world).await;
    the_directory_records_only_what_changed(world).await;
    let report = world.registry.verify(Vec::new()).await.unwrap();
    assert!(report.sound(), "{:?}", report.findings);
}

async fn a_first_link_has_version_1_and_one_time(world: &World) {
    let registry = &world.registry;
    assert_eq!(registry.link(principal(1, 1)).await.unwrap(), None);
    let link = made(registry.create_link(principal(1, 1), partner("1001"), request()).await.unwrap());
    assert_eq!((link.version, link.created_at), (1, link.updated_at));
    assert_eq!(link.partner_name.as_deref(), Some("Contoso Köln"));
    assert_eq!(registry.link(principal(1, 1)).await.unwrap(), Some(link));
    assert_eq!(registry.link(principal(1, 2)).await.unwrap(), None);
    assert_eq!(registry.link(principal(2, 1)).await.unwrap(), None);
}

/// The recording of `wire.md` §1: PUT 57, DELETE (58), PUT 59, DELETE (60), PUT 61, GET 61, DELETE (62), PUT 63,
/// PATCH 64, DELETE (65).
async fn versions_run_on_through_deletes_and_creates(world: &World) {
    let (registry, me) = (&world.registry, principal(3, 1));
    let first = made(registry.create_link(me, partner("1001"), request()).await.unwrap());
    for version in (2..57).step_by(2) {
        let ended = deleted(registry.delete_link(me, None, request()).await.unwrap());
        assert_eq!(ended.version, version);
        let link = made(registry.create_link(me, partner("1001"), request()).await.unwrap());
        assert_eq!(link.version, version + 1);
    }
    let mut last = registry.link(me).await.unwrap().unwrap();
    assert_eq!(last.version, 57);
    for version in [59, 61, 63] {
        let ended = deleted(registry.delete_link(me, Some(partner("1001")), request()).await.unwrap());
        assert_eq!(ended.version, version - 1);
        assert_eq!(registry.link(me).await.unwrap(), None);
        let link = made(registry.create_link(me, partner("1001"), request()).await.unwrap());
        assert_eq!((link.version, link.created_at), (version, first.created_at));
        assert!(last.updated_at < ended.updated_at && ended.updated_at < link.updated_at);
        last = link;
    }
    assert_eq!(changed(registry.update_link(me, partner("1002"), request()).await.unwrap()).version, 64);
    assert_eq!(deleted(registry.delete_link(me, None, request()).await.unwrap()).version, 65);
}

async fn a_change_to_the_same_partner_changes_nothing(world: &World) {
    let (registry, me) = (&world.registry, principal(4, 1));
    let link = made(registry.create_link(me, partner("1001"), request()).await.unwrap());
    let again = registry.update_link(me, partner("1001"), request()).await.unwrap();
    assert_eq!(again, Updated::Unchanged(link));
    assert_eq!(registry.history(everything(), tenant(4), object(1)).await.unwrap().len(), 1);
}

async fn a_create_sent_again_is_answered_and_any_other_refused(world: &World) {
    let (registry, me) = (&world.registry, principal(5, 1));
    let link = made(registry.create_link(me, partner("1001"), sent("a")).await.unwrap());
    let create = async |id, request| registry.create_link(me, partner(id), request).await.unwrap();
    assert_eq!(create("1001", sent("a")).await, Created::Repeated(link.clone()));
    assert_eq!(create("1001", sent("b")).await, Created::AlreadyLinked(link.clone()));
    assert_eq!(create("1002", sent("a")).await, Created::AlreadyLinked(link.clone()));
    assert_eq!(create("1001", request()).await, Created::AlreadyLinked(link));
    // The link is now what another change made of it, even back at the partner that "a" named.
    registry.update_link(me, partner("1002"), request()).await.unwrap();
    let moved_back = changed(registry.update_link(me, partner("1001"), sent("c")).await.unwrap());
    assert_eq!(create("1001", sent("a")).await, Created::AlreadyLinked(moved_back));
    // A request without an id repeats none.
    let unnamed = principal(5, 2);
    let link = made(registry.create_link(unnamed, partner("1001"), request()).await.unwrap());
    let again = registry.create_link(unnamed, partner("1001"), request()).await.unwrap();
    assert_eq!(again, Created::AlreadyLinked(link));
    // Another principal's request of the same id is its own.
    made(registry.create_link(principal(5, 3), partner("1001"), sent("a")).await.unwrap());
}

async fn the_link_is_judged_before_the_id(world: &World) {
    let (registry, me) = (&world.registry, principal(6, 1));
    let unknown = partner("123457");
    assert_eq!(registry.update_link(me, unknown, request()).await.unwrap(), Updated::NotLinked);
    assert_eq!(registry.create_link(me, unknown, request()).await.unwrap(), Created::UnknownPartner);
    assert_eq!(registry.link(me).await.unwrap(), None);
    let link = made(registry.create_link(me, partner("1001"), request()).await.unwrap());
    assert_eq!(
        registry.create_link(me, unknown, request()).await.unwrap(),
        Created::AlreadyLinked(link.clone())
    );
    assert_eq!(registry.update_link(me, unknown, request()).await.unwrap(), Updated::UnknownPartner);
    assert_eq!(registry.link(me).await.unwrap(), Some(link));
    assert_eq!(registry.history(everything(), tenant(6), object(1)).await.unwrap().len(), 1);
}

async fn a_delete_of_another_partner_changes_nothing(world: &World) {
    let (registry, me) = (&world.registry, principal(7, 1));
    assert_eq!(registry.delete_link(me, None, request()).await.unwrap(), Deleted::NotLinked);
    let link = made(registry.create_link(me, partner("1001"), request()).await.unwrap());
    let other = registry.delete_link(me, Some(partner("1002")), request()).await.unwrap();
    assert_eq!(other, Deleted::OtherPartner(link.clone()));
    assert_eq!(registry.link(me).await.unwrap(), Some(link));
    deleted(registry.delete_link(me, Some(partner("1001")), request()).await.unwrap());
    assert_eq!(registry.delete_link(me, None, request()).await.unwrap(), Deleted::NotLinked);
    assert_eq!(registry.update_link(me, partner("1001"), request()).await.unwrap(), Updated::NotLinked);
}

async fn only_active_locations_can_be_linked_to(world: &World) {
    let registry = &world.registry;
    world.clock.set("2026-03-01T00:00:00Z");
    let problem = async |id| registry.partner_problem(partner(id)).await.unwrap();
    assert_eq!(problem("1001").await, None);
    assert_eq!(problem("123457").await, Some(PartnerProblem::Unknown));
    let locations = vec![partner("1001"), partner("1002")];
    assert_eq!(problem("9000").await, Some(PartnerProblem::Global { locations }));
    let (from, since) = (time("2026-06-01T00:00:00Z"), time("2026-02-01T00:00:00Z"));
    assert_eq!(problem("1003").await, Some(PartnerProblem::NotYetActive { from }));
    assert_eq!(problem("1004").await, Some(PartnerProblem::NoLongerActive { since }));
    for id in ["123457", "9000", "1003", "1004"] {
        let refused = registry.create_link(principal(8, 1), partner(id), request()).await.unwrap();
        assert_eq!(refused, Created::UnknownPartner, "{id}");
    }
    world.clock.set("2026-06-01T00:00:00Z");
    made(registry.create_link(principal(8, 1), partner("1003"), request()).await.unwrap());
    // A link outlives its partner's end.
    let ended = pal_store::registry::DirectoryPartner {
        active_until: Some(time("2026-06-02T00:00:00Z")),
        ..location("1003", "Begins")
    };
    registry.put_partners(vec![ended], None, request()).await.unwrap();
    world.clock.set("2026-06-03T00:00:00Z");
    assert!(registry.link(principal(8, 1)).await.unwrap().is_some());
    let again = registry.update_link(principal(8, 1), partner("1003"), request()).await.unwrap();
    assert!(matches!(again, Updated::Unchanged(_)), "{again:?}");
}

async fn times_go_on_when_the_clock_goes_back(world: &World) {
    let registry = &world.registry;
    world.clock.set("2026-07-01T00:00:00.5Z");
    let first = made(registry.create_link(principal(9, 1), partner("1001"), request()).await.unwrap());
    assert_eq!(first.created_at, time("2026-07-01T00:00:00.5Z"));
    let second = made(registry.create_link(principal(9, 2), partner("1001"), request()).await.unwrap());
    assert_eq!(second.created_at, time("2026-07-01T00:00:00.500001Z"));
    world.clock.set("2026-06-30T00:00:00Z");
    let ended = deleted(registry.delete_link(principal(9, 1), None, request()).await.unwrap());
    assert_eq!(ended.updated_at, time("2026-07-01T00:00:00.500002Z"));
    world.clock.set("2026-07-02T00:00:00Z");
    let third = made(registry.create_link(principal(9, 1), partner("1001"), request()).await.unwrap());
    assert_eq!(third.updated_at, time("2026-07-02T00:00:00Z"));
    assert_eq!(third.created_at, first.created_at);
}

async fn history_tells_every_change_and_who_made_it(world: &World) {
    let (registry, me) = (&world.registry, principal(10, 1));
    registry.create_link(me, partner("1001"), sent("x")).await.unwrap();
    let second = request();
    registry.update_link(me, partner("1002"), second.clone()).await.unwrap();
    registry.delete_link(me, None, request()).await.unwrap();
    let history = registry.history(everything(), tenant(10), object(1)).await.unwrap();
    let told: Vec<_> = history
        .iter()
        .map(|change| (change.version, change.kind, change.partner_id, change.partner_before))
        .collect();
    assert_eq!(
        told,
        [
            (1, ChangeKind::Created, partner("1001"), None),
            (2, ChangeKind::Updated, partner("1002"), Some(partner("1001"))),
            (3, ChangeKind::Deleted, partner("1002"), None),
        ]
    );
    assert_eq!(history[0].client_request_id.as_deref(), Some("x"));
    assert_eq!(history[1].request_id, second.request_id);
    assert_eq!((&history[1].caller_name, &history[1].client_id), (&second.caller_name, &second.client_id));
    assert_eq!(history[2].via, "provider");
    assert!(history.is_sorted_by_key(|change| change.audit_sequence));
    let own = ReadScope::own(me);
    assert_eq!(registry.history(own, tenant(10), object(1)).await.unwrap(), history);
    for scope in [ReadScope::own(principal(10, 2)), ReadScope::tenant_granted(tenant(9))] {
        assert_eq!(registry.history(scope, tenant(10), object(1)).await.unwrap(), []);
    }
}

async fn lists_stay_in_scope_and_go_page_by_page(world: &World) {
    let registry = &world.registry;
    for (tenant_number, object_number) in [(20, 1), (20, 2), (20, 3), (21, 1), (21, 2), (22, 1)] {
        let id = if object_number == 2 { "1002" } else { "1001" };
        let scope = principal(tenant_number, object_number);
        registry.create_link(scope, partner(id), request()).await.unwrap();
    }
    registry.delete_link(principal(20, 3), None, request()).await.unwrap();
    let all = walk(world, everything(), Page { limit: 1000, ..Page::default() }).await;
    for limit in [1, 2, 3] {
        assert_eq!(walk(world, everything(), Page { limit, ..Page::default() }).await, all);
    }
    let of = |scope, page: Page| walk(world, scope, Page { limit: 2, ..page });
    let own_tenant = ReadScope::tenant_granted(tenant(20));
    let only_20 = Page { tenant: Some(tenant(20)), ..Page::default() };
    assert_eq!(of(own_tenant, Page::default()).await, [(20, 1), (20, 2)]);
    assert_eq!(of(everything(), only_20.clone()).await, [(20, 1), (20, 2)]);
    let only_1002 = Page { partner: Some(partner("1002")), ..only_20.clone() };
    assert_eq!(of(everything(), only_1002).await, [(20, 2)]);
    assert_eq!(of(ReadScope::own(principal(21, 2)), Page::default()).await, [(21, 2)]);
    assert_eq!(of(ReadScope::own(principal(21, 9)), Page::default()).await, []);
    assert_eq!(of(ReadScope::tenant_granted(tenant(21)), only_20).await, []);
    // A cursor of another tenant's list leads nowhere new.
    let page = Page { limit: 1, ..Page::default() };
    let foreign = registry.links(own_tenant, page).await.unwrap().next;
    let page = Page { limit: 9, after: foreign, ..Page::default() };
    let links = registry.links(ReadScope::tenant_granted(tenant(21)), page).await.unwrap().links;
    assert_eq!(links.iter().map(|link| link.tenant).collect::<Vec<_>>(), [tenant(21); 2]);
}

/// All links of a list, by the numbers of their tenant and principal.
async fn walk(world: &World, scope: ReadScope, mut page: Page) -> Vec<(u128, u128)> {
    let mut found = Vec::new();
    loop {
        let part = world.registry.links(scope, page.clone()).await.unwrap();
        assert!(part.links.len() <= page.limit as usize);
        let number = |id: uuid::Uuid| id.as_u128() & 0xffff_ffff;
        found.extend(part.links.iter().map(|link| (number(link.tenant), number(link.object_id))));
        let Some(next) = part.next else { return found };
        assert_eq!(Cursor::parse(&next.to_string()), Some(next));
        page.after = Some(next);
    }
}

async fn lists_are_searched_by_ids_and_names_in_any_case(world: &World) {
    let registry = &world.registry;
    registry.create_link(principal(30, 1), partner("1001"), request()).await.unwrap();
    registry.create_link(principal(30, 2), partner("1002"), request()).await.unwrap();
    let search = |text: &str| {
        let page = Page { limit: 9, text: Some(text.to_owned()), ..Page::default() };
        walk(world, ReadScope::tenant_granted(tenant(30)), page)
    };
    assert_eq!(search("KÖLN").await, [(30, 1)]);
    assert_eq!(search("100%_p").await, [(30, 2)]);
    assert_eq!(search("%").await, [(30, 2)]);
    assert_eq!(search("_").await, [(30, 2)]);
    assert_eq!(search("\\").await, []);
    assert_eq!(search("ünal").await, [(30, 1), (30, 2)]);
    assert_eq!(search("1002").await, [(30, 2)]);
    assert_eq!(search(&object(2).to_string().to_uppercase()).await, [(30, 2)]);
    assert_eq!(search("nobody").await, []);
}

async fn the_directory_records_only_what_changed(world: &World) {
    let registry = &world.registry;
    let put = registry.put_partners(vec![location("1001", "Contoso Köln")], None, request()).await.unwrap();
    assert_eq!(put, PartnersPut { changed: 1, unchanged: 0 });
    let changed_at = registry.partner(partner("1001")).await.unwrap().unwrap().changed_at;
    let partners = vec![location("1001", "Contoso Köln"), location("1002", "Paris"), location("55", "New")];
    let put = registry.put_partners(partners, Some(principal(1, 1)), request()).await.unwrap();
    assert_eq!(put, PartnersPut { changed: 2, unchanged: 1 });
    let known = registry.partner(partner("1001")).await.unwrap().unwrap();
    assert_eq!(known.changed_at, changed_at);
    assert_eq!(registry.partner(partner("77")).await.unwrap(), None);
    let ids: Vec<_> =
        registry.partners().await.unwrap().iter().map(|known| known.partner.partner_id).collect();
    assert!(ids.is_sorted() && ids.contains(&partner("55")), "{ids:?}");
    // A link shows the name that its partner has now.
    let me = principal(31, 1);
    registry.create_link(me, partner("1002"), request()).await.unwrap();
    registry.put_partners(vec![location("1002", "Paris Nord")], None, request()).await.unwrap();
    let link = registry.link(me).await.unwrap().unwrap();
    assert_eq!(link.partner_name.as_deref(), Some("Paris Nord"));
}
