//! What the standard library does before `main`, for a program that begins without it.

use std::ffi::CStr;

const NULL_DEVICE: &CStr = c"/dev/null";

/// Opens standard streams that are closed, so that no file takes their place, and makes writing to a closed pipe an error
/// instead of a signal.
#[allow(unsafe_code, reason = "nothing is known about the descriptors yet, so they have no owner")]
pub fn begin() {
    for descriptor in 0..3 {
        // SAFETY: only asks for a flag of the descriptor, which need not exist.
        if unsafe { libc::fcntl(descriptor, libc::F_GETFD) } == -1 {
            // SAFETY: the path is a C string. The new descriptor is the lowest free one, which is this one.
            let opened = unsafe { libc::open(NULL_DEVICE.as_ptr(), libc::O_RDWR) };
            if opened != descriptor {
                std::process::abort();
            }
        }
    }
    // SAFETY: SIG_IGN runs no code.
    unsafe { libc::signal(libc::SIGPIPE, libc::SIG_IGN) };
}
