//! Running the commands, a limited number at a time, and passing on their output.

use super::super::exec::change_environment;
use super::command::ProfileCommand;
use super::output::{Output, Stream};
use super::results::{Failure, Results};
use super::sign_ins::{SignIns, changes};
use crate::context::Context;
use crate::error::{Error, FileError, Result};
use crate::platform::{self, OutputPipe, ParallelCommand, ParallelCommands};
use crate::printable::printable;
use std::io::{self, ErrorKind};
use std::process::{Command, ExitStatus};
use std::sync::mpsc::{Receiver, SyncSender, channel, sync_channel};
use std::time::Duration;

/// How many reports may wait. Commands wait while nobody reads their output.
const MOST_EVENTS: usize = 64;
/// How long the output of ended commands may take to arrive.
const LAST_OUTPUT_WAIT: Duration = Duration::from_millis(300);

/// The commands of all profiles.
pub(super) struct Running<'a> {
    pub commands: &'a [ProfileCommand],
    pub output: Output<'a>,
    /// How many run at the same time.
    pub jobs: usize,
    pub context: &'a Context,
    pub results: Results<'a>,
}

/// What the threads report. `at` is the number of the profile.
enum Event {
    Wrote {
        at: usize,
        stream: Stream,
        bytes: Vec<u8>,
    },
    /// `Interrupted` if all commands are being ended.
    Ended {
        at: usize,
        status: io::Result<ExitStatus>,
        /// Whether something that it has started may still write to its output.
        is_output_open: bool,
    },
    /// A signal has ended all commands.
    Signal(i32),
}

impl<'a> Running<'a> {
    /// Runs the commands, until all of them have ended. A fatal signal ends them and then this process.
    ///
    /// # Errors
    /// The output cannot be passed on; then the commands are ended.
    pub(super) fn run(mut self, mut sign_ins: SignIns<'_>) -> Result<Results<'a>> {
        let (events, received) = sync_channel(MOST_EVENTS);
        let on_end = {
            let events = events.clone();
            move |signal| drop(events.send(Event::Signal(signal)))
        };
        let all = ParallelCommands::new(on_end).map_err(|e| FileError::Exhausted(e.to_string()))?;
        let passed_on = self.start_and_pass_on(&mut sign_ins, &all, &events, &received);
        if let Err(e) = passed_on {
            // Nobody may wait for the events to be received.
            drop(received);
            all.end();
            return Err(e);
        }
        Ok(self.results)
    }

    fn start_and_pass_on(
        &mut self,
        sign_ins: &mut SignIns<'_>,
        all: &ParallelCommands,
        events: &SyncSender<Event>,
        received: &Receiver<Event>,
    ) -> Result<()> {
        let (mut next, mut running, mut is_ending) = (0, 0, false);
        let mut waiting = None;
        loop {
            while running < self.jobs && next < self.commands.len() && !is_ending {
                let session = match waiting.take().map_or_else(|| sign_ins.session(next), Ok) {
                    Ok(session) => session,
                    Err(failure) => {
                        self.end(next, Some(failure))?;
                        next += 1;
                        continue;
                    }
                };
                let mut command = self.commands[next].to_start();
                change_environment(&mut command, &changes(&session, self.context));
                match start(next, command, all, events) {
                    Ok(()) => (running, next) = (running + 1, next + 1),
                    Err(e) if e.kind() == ErrorKind::Interrupted => is_ending = true,
                    // It is tried again when another one has ended.
                    Err(e) if platform::is_exhausted(&e) && running > 0 => {
                        waiting = Some(session);
                        break;
                    }
                    Err(e) => {
                        let program = self.commands[next].program();
                        let error = Error::from(FileError::NotStarted { program, problem: e.kind() });
                        self.context.show_error_of(session.plan.profile.as_str(), &error);
                        self.end(next, Some(Failure::of_start(&error)))?;
                        next += 1;
                    }
                }
            }
            if running == 0 && next == self.commands.len() && !is_ending {
                return Ok(());
            }
            match received.recv() {
                Ok(Event::Wrote { at, stream, bytes }) => self.output.write(at, stream, &bytes)?,
                Ok(Event::Ended { at, status, is_output_open }) => {
                    running -= 1;
                    match status {
                        Err(e) if e.kind() == ErrorKind::Interrupted => is_ending = true,
                        status => {
                            self.end(at, status.map_or(Some(Failure::Status(1)), Failure::of_command))?;
                            if is_output_open {
                                let profile = printable(self.results.profile(at));
                                let text = "the command has left something running, whose output is not shown any more";
                                self.context.report.notice(&format!("{profile}: {text}"));
                            }
                        }
                    }
                }
                Ok(Event::Signal(signal)) => {
                    // If it cannot be written, the signal is what matters.
                    let _ = self.pass_on_rest(running, received);
                    platform::die_of(signal);
                }
                // There is always a sender.
                Err(_) => return Ok(()),
            }
        }
    }

    /// Passes on what the commands have written before they were ended. A process that has left their groups may still
    /// write; nobody waits for that.
    fn pass_on_rest(&mut self, mut running: usize, received: &Receiver<Event>) -> Result<()> {
        while running > 0 {
            match received.recv_timeout(LAST_OUTPUT_WAIT) {
                Ok(Event::Wrote { at, stream, bytes }) => self.output.write(at, stream, &bytes)?,
                Ok(Event::Ended { .. }) => running -= 1,
                Ok(Event::Signal(_)) | Err(_) => break,
            }
        }
        self.output.write_rest()
    }

    fn end(&mut self, at: usize, failure: Option<Failure>) -> Result<()> {
        self.results.set(at, failure);
        self.output.end(at)
    }
}

/// Starts a command, and reports what it writes and how it ends. Nothing is started unless the thread for that exists.
fn start(at: usize, command: Command, all: &ParallelCommands, events: &SyncSender<Event>) -> io::Result<()> {
    let (give, given) = channel::<ParallelCommand>();
    let events = events.clone();
    platform::spawn_thread("command", move || {
        // It fails when the other end is dropped, because nothing was started.
        let Ok(mut command) = given.recv() else { return };
        let is_output_open = command.read_output(|output, bytes| {
            let stream = if output == OutputPipe::Stdout { Stream::Stdout } else { Stream::Stderr };
            events.send(Event::Wrote { at, stream, bytes: bytes.to_vec() }).is_ok()
        });
        let _ = events.send(Event::Ended { at, status: command.wait(), is_output_open });
    })?;
    // The thread waits for it.
    let _ = give.send(all.start(command)?);
    Ok(())
}
