//! GUIDs read 32 digits at a time, on processors that have AVX2.

use std::arch::x86_64::{
    __m128i, __m256i, _mm_loadu_si128, _mm256_add_epi8, _mm256_and_si256, _mm256_cmpeq_epi8,
    _mm256_extract_epi64, _mm256_maddubs_epi16, _mm256_min_epu8, _mm256_movemask_epi8, _mm256_or_si256,
    _mm256_packus_epi16, _mm256_set_m128i, _mm256_set1_epi8, _mm256_set1_epi16, _mm256_set1_epi32,
    _mm256_setr_epi8, _mm256_shuffle_epi8, _mm256_sub_epi8,
};

use super::guid::Guid;

/// Reads values of a plain page, each 36 characters behind their length; `None` if one is something else.
#[target_feature(enable = "avx2")]
pub(super) fn parse_all(bytes: &[u8], count: usize, to: &mut Vec<Guid>) -> Option<()> {
    let (values, _) = bytes.get(..count.checked_mul(40)?)?.as_chunks::<40>();
    to.reserve(count);
    let mut wrong = false;
    for value in values {
        let (length, text) = value.split_first_chunk::<4>()?;
        let guid = parse(text.first_chunk::<36>()?);
        wrong |= u32::from_le_bytes(*length) != 36 || guid.is_none();
        to.push(guid.unwrap_or_default());
    }
    (!wrong).then_some(())
}

/// Reads 36 characters.
#[target_feature(enable = "avx2")]
#[inline]
pub(super) fn parse(text: &[u8; 36]) -> Option<Guid> {
    const NONE: i8 = -1;
    let [first, second] = [text.first_chunk::<16>()?, text.last_chunk::<16>()?];
    let between = i32::from_le_bytes([text[16], text[17], text[18], text[19]]);
    // The digits of each half in a lane: those of its sixteen characters, and those that stand between the two.
    let lanes = _mm256_set_m128i(load(second), load(first));
    let places = _mm256_setr_epi8(
        0, 1, 2, 3, 4, 5, 6, 7, 9, 10, 11, 12, 14, 15, NONE, NONE, NONE, 0, 1, 2, 4, 5, 6, 7, 8, 9, 10, 11,
        12, 13, 14, 15,
    );
    let others = _mm256_setr_epi8(
        NONE, NONE, NONE, NONE, NONE, NONE, NONE, NONE, NONE, NONE, NONE, NONE, NONE, NONE, 0, 1, 3, NONE,
        NONE, NONE, NONE, NONE, NONE, NONE, NONE, NONE, NONE, NONE, NONE, NONE, NONE, NONE,
    );
    let digits = _mm256_or_si256(
        _mm256_shuffle_epi8(lanes, places),
        _mm256_shuffle_epi8(_mm256_set1_epi32(between), others),
    );
    let (values, valid) = values(digits);
    let dashes = [text[8], text[13], text[18], text[23]] == *b"----";
    // Pairs of digits make bytes, first the one that counts sixteenfold.
    let pairs = _mm256_maddubs_epi16(values, _mm256_set1_epi16(0x0110));
    let bytes = _mm256_packus_epi16(pairs, pairs);
    let half = |half: i64| half.cast_unsigned().swap_bytes();
    let guid =
        Guid { upper: half(_mm256_extract_epi64::<0>(bytes)), lower: half(_mm256_extract_epi64::<2>(bytes)) };
    (valid && dashes).then_some(guid)
}

/// The values of digits in either case, and whether all are digits.
#[target_feature(enable = "avx2")]
#[inline]
fn values(digits: __m256i) -> (__m256i, bool) {
    let below = |bytes: __m256i, most: i8| {
        let within = _mm256_min_epu8(bytes, _mm256_set1_epi8(most));
        _mm256_cmpeq_epi8(within, bytes)
    };
    let decimal = _mm256_sub_epi8(digits, _mm256_set1_epi8(0x30));
    let is_decimal = below(decimal, 9);
    let lower = _mm256_or_si256(digits, _mm256_set1_epi8(0x20));
    let letter = _mm256_sub_epi8(lower, _mm256_set1_epi8(0x61));
    let is_letter = below(letter, 5);
    let of_letter = _mm256_and_si256(is_letter, _mm256_add_epi8(letter, _mm256_set1_epi8(10)));
    let values = _mm256_or_si256(_mm256_and_si256(is_decimal, decimal), of_letter);
    (values, _mm256_movemask_epi8(_mm256_or_si256(is_decimal, is_letter)) == -1)
}

#[target_feature(enable = "avx2")]
#[inline]
#[expect(unsafe_code, reason = "a load of sixteen bytes that need not be aligned")]
fn load(bytes: &[u8; 16]) -> __m128i {
    // SAFETY: the reference is to sixteen bytes that may be read; the load asks for no alignment.
    unsafe { _mm_loadu_si128(bytes.as_ptr().cast()) }
}
