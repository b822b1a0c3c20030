//! What is given back to the system.

/// From now on every large piece of memory is one of its own, which goes back to the system as soon as it is free.
///
/// The C library otherwise learns from the first large ones that are freed to cut the next out of its heaps, which stay:
/// tables that grow, go to the disk and grow again then leave holes, twice what they ever take. It costs page faults, so
/// only what does not fit into memory asks for it.
pub(crate) fn give_back() {
    #[cfg(all(target_os = "linux", target_env = "gnu"))]
    {
        use std::ffi::c_int;
        use std::sync::Once;
        static ASKED: Once = Once::new();
        /// As `malloc.h` has it.
        const M_MMAP_THRESHOLD: c_int = -3;
        const LARGE: c_int = 1 << 20;
        #[expect(unsafe_code, reason = "a setting of the allocator that has no safe form")]
        // SAFETY: the function is there wherever this is compiled, and takes any two numbers. It holds the lock of the heap
        // that it tidies. The two words that it sets are read for each new piece of memory alone, since pieces tell by
        // themselves how they are given back, and the library itself sets them without a lock, from any thread, whenever
        // a large piece is freed: whoever reads them meanwhile gets the one or the other, and either will do.
        ASKED.call_once(|| unsafe {
            unsafe extern "C" {
                fn mallopt(parameter: c_int, value: c_int) -> c_int;
            }
            mallopt(M_MMAP_THRESHOLD, LARGE);
        });
    }
}
