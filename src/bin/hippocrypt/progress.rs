//! The progress bars of long files and long work.

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

use crate::console::Console;

/// What is shorter is done before a bar could be read.
const SHORTEST: u64 = 32 * 1024 * 1024;

/// A bar over `len` bytes on standard error; invisible where nobody would see it.
pub fn bar(console: &Console, len: Option<u64>) -> ProgressBar {
    if !console.has_room_for_progress() || len.is_some_and(|len| len < SHORTEST) {
        return ProgressBar::hidden();
    }
    let template = match len {
        Some(_) => "{bar:40} {percent:>3}%  {bytes}/{total_bytes}  {binary_bytes_per_sec}  {eta} left",
        None => "{spinner} {bytes}  {binary_bytes_per_sec}",
    };
    let style = ProgressStyle::with_template(template).unwrap_or_else(|_| ProgressStyle::default_bar());
    ProgressBar::with_draw_target(len, ProgressDrawTarget::stderr_with_hz(10)).with_style(style)
}

/// A bar over `total` steps of work, with the time that is left.
pub fn steps(console: &Console, total: u64) -> ProgressBar {
    if !console.has_room_for_progress() {
        return ProgressBar::hidden();
    }
    let style = ProgressStyle::with_template("{bar:40} {percent:>3}%  {eta} left");
    let style = style.unwrap_or_else(|_| ProgressStyle::default_bar());
    ProgressBar::with_draw_target(Some(total), ProgressDrawTarget::stderr_with_hz(10)).with_style(style)
}
