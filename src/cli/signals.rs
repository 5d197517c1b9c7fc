//! Ctrl-C and SIGTERM: the first asks the run to stop after what is in flight, the second leaves at once. The journal
//! is complete either way.

use tokio::sync::watch;

/// Listens from now on; the receiver becomes true at the first signal.
pub fn listen(runtime: &tokio::runtime::Runtime) -> watch::Receiver<bool> {
    let (sender, receiver) = watch::channel(false);
    runtime.spawn(async move {
        let mut count = 0;
        loop {
            if !next().await {
                return;
            }
            count += 1;
            if count == 1 {
                note("\nStopping: what is in flight is finished, nothing more is begun. Once more leaves at once; nothing is lost either way.");
                let _ = sender.send(true);
            } else {
                note("Left at once. The journal knows what was in flight; the next apply looks and settles it.");
                leave();
            }
        }
    });
    receiver
}

async fn next() -> bool {
    use tokio::signal::unix::{SignalKind, signal};
    let Ok(mut terminate) = signal(SignalKind::terminate()) else {
        return tokio::signal::ctrl_c().await.is_ok();
    };
    tokio::select! {
        pressed = tokio::signal::ctrl_c() => pressed.is_ok(),
        told = terminate.recv() => told.is_some(),
    }
}

#[expect(clippy::print_stderr, reason = "a signal has no way to the command's output")]
fn note(text: &str) {
    eprintln!("{text}");
}

#[expect(clippy::exit, reason = "the user asked to leave at once")]
fn leave() {
    std::process::exit(130);
}
