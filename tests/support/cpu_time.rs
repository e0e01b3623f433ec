//! Measures work as the CPU time of this thread, which a busy machine distorts far less than wall-clock time.

use std::time::Duration;

/// The CPU time of `large` divided by that of `small`, each the minimum of three runs.
pub fn ratio(small: impl Fn(), large: impl Fn()) -> f64 {
    let least = |work: &dyn Fn()| (0..3).map(|_| of(work)).min().expect("three runs");
    least(&large).as_secs_f64() / least(&small).as_secs_f64().max(1e-6)
}

fn of(work: &dyn Fn()) -> Duration {
    let before = cpu_time();
    work();
    cpu_time().saturating_sub(before)
}

#[cfg(unix)]
fn cpu_time() -> Duration {
    let mut time = libc::timespec { tv_sec: 0, tv_nsec: 0 };
    // SAFETY: the pointer is to a live value of the right type.
    let failed = unsafe { libc::clock_gettime(libc::CLOCK_THREAD_CPUTIME_ID, &raw mut time) };
    assert_eq!(failed, 0, "CLOCK_THREAD_CPUTIME_ID is not supported");
    Duration::new(time.tv_sec.unsigned_abs(), u32::try_from(time.tv_nsec).expect("less than a second"))
}

#[cfg(not(unix))]
fn cpu_time() -> Duration {
    use std::time::Instant;
    static START: std::sync::OnceLock<Instant> = std::sync::OnceLock::new();
    START.get_or_init(Instant::now).elapsed()
}
