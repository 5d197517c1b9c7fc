//! A door between the binary and the embedded cloud of a test: bytes go through as they are, but for one call that writes, which
//! is held until the test lets it go. So a run can be met in the middle of a step, without a clock.

use super::sandbox::Sandbox;
use headworks::sim::{Service, Sim, SimOptions};
use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Arc, Condvar, Mutex};
use std::time::Duration;

/// A test that waits longer than this hangs.
const PATIENCE: Duration = Duration::from_secs(60);

/// What is held of the call.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Hold {
    /// The request: the call has no effect yet.
    Request,
    /// The reply: the call had its effect, and nobody knows.
    Reply,
}

/// An embedded cloud behind a door.
pub(super) struct Gate {
    pub(super) sim: Sim,
    runtime: tokio::runtime::Runtime,
    address: String,
    arrived: Receiver<()>,
    door: Arc<Door>,
}

struct Door {
    hold: Hold,
    state: Mutex<State>,
    changed: Condvar,
    arrived: Mutex<Sender<()>>,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum State {
    /// The next call that writes is held.
    Armed,
    Held,
    Open,
}

impl Gate {
    pub(super) fn new(hold: Hold) -> Gate {
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(1)
            .enable_all()
            .build()
            .expect("a runtime");
        let sim = runtime.block_on(Sim::start(SimOptions::default())).expect("starts");
        let upstream = sim.endpoint(Service::Oss).trim_start_matches("http://").to_string();
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
        let address = listener.local_addr().expect("an address").to_string();
        let (sender, arrived) = channel();
        let door = Arc::new(Door {
            hold,
            state: Mutex::new(State::Armed),
            changed: Condvar::new(),
            arrived: Mutex::new(sender),
        });
        let theirs = Arc::clone(&door);
        std::thread::spawn(move || {
            for client in listener.incoming().map_while(Result::ok) {
                let (door, upstream) = (Arc::clone(&theirs), upstream.clone());
                std::thread::spawn(move || door.connect(client, &upstream));
            }
        });
        Gate {
            sim,
            runtime,
            address,
            arrived,
            door,
        }
    }

    /// A configuration of two buckets behind the door, the second made after the first.
    pub(super) fn two_buckets(&self) -> Sandbox {
        let mut sandbox = Sandbox::with(&self.configuration());
        sandbox.set("ALIBABA_CLOUD_ACCESS_KEY_ID", &Sim::credentials().access_key);
        sandbox.set("ALIBABA_CLOUD_ACCESS_KEY_SECRET", Sim::credentials().secret.expose());
        sandbox
    }

    pub(super) fn configuration(&self) -> String {
        format!(
            "provider \"alicloud\" {{\n  region = \"cn-hangzhou\"\n  endpoints {{\n    oss = \"http://{}\"\n  }}\n}}\n\
             resource \"alicloud_oss_bucket\" \"one\" {{\n  bucket = \"gate-one\"\n}}\n\
             resource \"alicloud_oss_bucket\" \"two\" {{\n  bucket     = \"gate-two\"\n  depends_on = [alicloud_oss_bucket.one]\n}}\n",
            self.address
        )
    }

    /// Waits until a call is held.
    pub(super) fn waits_for_call(&self) {
        self.arrived.recv_timeout(PATIENCE).expect("a call that writes");
    }

    /// Lets the call go, and all later ones.
    pub(super) fn open(&self) {
        self.door.set(State::Open);
    }

    /// The names of the buckets there are.
    pub(super) fn buckets(&self) -> Vec<&'static str> {
        let world = self.sim.world().inventory();
        let both = ["gate-one", "gate-two"];
        both.into_iter().filter(|name| world.contains(name)).collect()
    }

    pub(super) fn stop(self) {
        self.open();
        self.runtime.block_on(self.sim.stop());
    }
}

impl Door {
    fn set(&self, state: State) {
        *self.state.lock().expect("not poisoned") = state;
        self.changed.notify_all();
    }

    /// Holds whoever comes first.
    fn pass(&self) {
        let mut state = self.state.lock().expect("not poisoned");
        if *state != State::Armed {
            return;
        }
        *state = State::Held;
        let _ = self.arrived.lock().expect("not poisoned").send(());
        while *state == State::Held {
            state = self.changed.wait(state).expect("not poisoned");
        }
    }

    fn connect(self: &Arc<Self>, mut client: TcpStream, upstream: &str) {
        let Ok(mut server) = TcpStream::connect(upstream) else {
            return;
        };
        let (Ok(mut back), Ok(mut from_server)) = (client.try_clone(), server.try_clone()) else {
            return;
        };
        let writes = Arc::new(Mutex::new(false));
        let (door, written) = (Arc::clone(self), Arc::clone(&writes));
        std::thread::spawn(move || {
            let mut chunk = [0; 16_384];
            while let Ok(n @ 1..) = from_server.read(&mut chunk) {
                if door.hold == Hold::Reply && *written.lock().expect("not poisoned") {
                    door.pass();
                }
                if back.write_all(&chunk[..n]).is_err() {
                    break;
                }
            }
            let _ = back.shutdown(std::net::Shutdown::Both);
        });
        let mut chunk = [0; 16_384];
        while let Ok(n @ 1..) = client.read(&mut chunk) {
            if chunk.starts_with(b"PUT ") {
                *writes.lock().expect("not poisoned") = true;
                if self.hold == Hold::Request {
                    self.pass();
                }
            }
            if server.write_all(&chunk[..n]).is_err() {
                break;
            }
        }
        let _ = server.shutdown(std::net::Shutdown::Both);
    }
}
