//! What is done to every row, each by itself: `cargo bench -p pal-metering`.
//!
//! The kernels are nobody's interface, so this program is built of their files.

#[path = "../src/read/hybrid.rs"]
#[expect(dead_code, unused_imports, reason = "only a part of it is measured, and none of its tests")]
mod hybrid;
#[path = "../src/kernel/mod.rs"]
#[expect(dead_code, unused_imports, reason = "as above")]
mod kernel;

use std::hint::black_box;

use criterion::{BatchSize, Criterion, Throughput};

use kernel::guid::{Guid, parse, parse_all};
use kernel::packed::{SLACK, put_rising, take_rising};
use kernel::radix::Sorter;
use kernel::table::{Table, hash};
use kernel::varint;

/// Rows of a page, about.
const ROWS: usize = 1 << 15;

fn main() {
    let mut criterion = Criterion::default().configure_from_args();
    guids(&mut criterion);
    people(&mut criterion);
    sorting(&mut criterion);
    lists(&mut criterion);
    places(&mut criterion);
    criterion.final_summary();
}

/// Numbers without a pattern, from a seed.
fn numbers(seed: u64) -> impl Iterator<Item = u64> {
    (1..).map(move |number: u64| {
        let mixed = (number ^ seed << 32).wrapping_mul(0x9e37_79b9_7f4a_7c15);
        let mixed = (mixed ^ mixed >> 30).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed ^ mixed >> 29
    })
}

fn ids(seed: u64) -> impl Iterator<Item = Guid> {
    numbers(seed).zip(numbers(seed + 1)).map(|(upper, lower)| Guid { upper, lower })
}

/// Text ids of a plain page: eight digits at a time, and as wide as the processor can.
fn guids(criterion: &mut Criterion) {
    let length = 36_u32.to_le_bytes();
    let page: Vec<u8> = ids(1).take(ROWS).flat_map(|id| length.into_iter().chain(id.text())).collect();
    let mut group = criterion.benchmark_group("guid");
    group.throughput(Throughput::Elements(ROWS as u64));
    group.bench_function("scalar", |bencher| {
        let (values, _) = page.as_chunks::<40>();
        let texts = || values.iter().filter_map(|value| value.last_chunk::<36>());
        bencher.iter(|| texts().filter_map(|text| parse(black_box(text))).fold(0, |sum, id| sum ^ id.lower));
    });
    let mut read = Vec::with_capacity(ROWS);
    group.bench_function("wide", |bencher| {
        bencher.iter(|| {
            read.clear();
            parse_all(black_box(&page), ROWS, &mut read)
        });
    });
    group.finish();
}

/// Numbers of people who mostly have one already, in a table of so many.
fn people(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("table of people");
    group.throughput(Throughput::Elements(ROWS as u64));
    for count in [10_000_usize, 100_000, 2_000_000] {
        let all: Vec<Guid> = ids(2).take(count).collect();
        let mut table = Table::default();
        table.reserve(count);
        for id in &all {
            table.number(hash(*id, 0), *id, 0);
        }
        let asked = numbers(3).filter_map(|number| all.get(usize::try_from(number % count as u64).ok()?));
        let asked: Vec<Guid> = asked.take(ROWS).copied().collect();
        group.bench_function(count.to_string(), |bencher| {
            bencher.iter(|| asked.iter().fold(0, |sum, id| sum ^ table.number(hash(*id, 0), *id, 0)));
        });
    }
    group.finish();
}

/// Pairs of a resource and a person as they come: one in two comes twice.
fn sorting(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("sort and drop repeats");
    let below = |number: u64, bits: u32| number & ((1 << bits) - 1);
    // With few resources and people both halves of a pair fit into 32 bits together.
    for (name, count, (resources, people)) in [
        ("32,768 narrow", ROWS, (15, 15)),
        ("1,048,576 narrow", ROWS << 5, (15, 15)),
        ("1,048,576 wide", ROWS << 5, (17, 20)),
    ] {
        let pair = |number: u64| below(number, resources) << 32 | below(number >> 32, people);
        let pairs: Vec<u64> = numbers(4).map(pair).take(count / 2).collect();
        let pairs: Vec<u64> = pairs.iter().chain(pairs.iter().rev()).copied().collect();
        group.throughput(Throughput::Elements(count as u64));
        let mut sorter = Sorter::default();
        group.bench_function(name, |bencher| {
            bencher.iter_batched_ref(
                || pairs.clone(),
                |pairs| sorter.sort_distinct(pairs),
                BatchSize::LargeInput,
            );
        });
    }
    group.finish();
}

/// A list of people, one in eight of all, packed and taken.
fn lists(criterion: &mut Criterion) {
    let mut people = numbers(5).scan(0, |last: &mut u32, number| {
        *last += 1 + u32::try_from(number % 16).unwrap_or(0);
        Some(*last)
    });
    let people: Vec<u32> = people.by_ref().take(ROWS).collect();
    let mut group = criterion.benchmark_group("list");
    group.throughput(Throughput::Elements(ROWS as u64));
    let mut bytes = Vec::new();
    group.bench_function("put", |bencher| {
        bencher.iter(|| {
            bytes.clear();
            put_rising(&mut bytes, black_box(&people));
        });
    });
    let mut bytes = Vec::new();
    put_rising(&mut bytes, &people);
    bytes.extend([0; SLACK]);
    let mut read = Vec::new();
    group.bench_function("take", |bencher| {
        bencher.iter(|| {
            read.clear();
            take_rising(&mut black_box(bytes.as_slice()), ROWS, &mut read)
        });
    });
    group.finish();
}

/// Places in a dictionary of a thousand, packed by the eight as pages have them.
fn places(criterion: &mut Criterion) {
    const WIDTH: u32 = 10;
    let mut page = Vec::new();
    varint::put(&mut page, (ROWS as u64 / 8) << 1 | 1);
    // Whatever the bits are, they are places below 1,024.
    page.extend(numbers(6).flat_map(u64::to_le_bytes).take(ROWS * 10 / 8));
    let dictionary: Vec<u32> = (0..1 << WIDTH).collect();
    let mut group = criterion.benchmark_group("places in a dictionary");
    group.throughput(Throughput::Elements(ROWS as u64));
    let mut read = Vec::new();
    group.bench_function("packed", |bencher| {
        bencher.iter(|| {
            read.clear();
            let of = |place: u32| dictionary.get(usize::try_from(place).ok()?).copied();
            hybrid::Mix::new(WIDTH)
                .and_then(|mut mix| mix.read(black_box(&page), (ROWS, ROWS), of, &mut read))
        });
    });
    group.finish();
}
