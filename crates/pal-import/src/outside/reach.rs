//! How far back each source can be asked (`formats.md` §2.3, §3.1, §4.3, §5.3).

use pal_rules::gaps::Reach;
use pal_rules::word::Product;

use super::Source;

/// How many days back a source, as the `coverage` table names it, can be asked about a product. The audit log is kept for
/// longer than its interface reaches, and can be searched by hand then.
pub fn reach(source: &str, product: &Product) -> Reach {
    let fetched = |days| Reach { fetched: Some(days), searched: None };
    match (Source::parse(source), product) {
        (Some(Source::Audit), _) => Reach { fetched: Some(7), searched: Some(180) },
        // Of these two it is runs of flows; what else they say of days is kept in tables of the customer's.
        (Some(Source::PowerBi), _)
        | (Some(Source::Dataverse | Source::PowerPlatform), Product::PowerAutomate) => fetched(28),
        (Some(Source::DataLake), _) => fetched(30),
        _ => Reach::default(),
    }
}

#[cfg(test)]
mod tests {
    use pal_rules::word::Product;

    use super::reach;

    #[test]
    fn every_source_reaches_as_far_back_as_its_documents_say() {
        let days = |source: &str, product: Product| {
            let reach = reach(source, &product);
            (reach.fetched, reach.searched)
        };
        assert_eq!(days("audit", Product::PowerBi), (Some(7), Some(180)));
        assert_eq!(days("power-bi", Product::PowerBi), (Some(28), None));
        assert_eq!(days("data-lake", Product::PowerAppsModelDriven), (Some(30), None));
        assert_eq!(days("dataverse", Product::PowerAutomate), (Some(28), None));
        assert_eq!(days("power-platform", Product::PowerAutomate), (Some(28), None));
        for source in ["power-platform", "customer-insights", "kept by hand"] {
            assert_eq!(days(source, Product::PowerAppsCanvas), (None, None), "{source}");
        }
    }
}
