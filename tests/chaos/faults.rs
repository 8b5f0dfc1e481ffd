//! Does what the plan says goes wrong, one thing after the other, and takes down when.

use crate::evidence::{Death, Harmed, Moment, Whom, now};
use crate::plan::{Fault, Harm};
use crate::processes::Process;
use crate::wire::{Cut, Wire};
use crate::world::World;
use futures_util::future::join_all;
use std::sync::Arc;
use std::time::Duration;

/// Everything that can be harmed.
pub struct Victims {
    /// The processes.
    pub processes: Vec<Process>,
    /// Their wires to the database, if they have one.
    pub wires: Vec<Wire>,
}

impl Victims {
    /// Harms until the plan ends or nobody writes any more. All processes run when it returns, unless one cannot.
    pub async fn suffer(&mut self, world: &Arc<World>, faults: &[Fault]) -> Result<(), String> {
        for fault in faults {
            tokio::select! {
                () = tokio::time::sleep(fault.after) => {}
                () = world.over.cancelled() => return Ok(()),
            }
            self.harm(world, fault.harm).await?;
        }
        Ok(())
    }

    async fn harm(&mut self, world: &World, harm: Harm) -> Result<(), String> {
        let from = now();
        match harm {
            Harm::Kill(number) => {
                let alone = self.processes.len() == 1;
                let process = &mut self.processes[number];
                let who = process.name();
                let (signalled, gone) = process.kill().await;
                if alone {
                    process.start().await?;
                }
                world.evidence().deaths.push(Death {
                    who,
                    signalled,
                    gone,
                    relieved: if alone { now() } else { gone },
                });
                if !alone {
                    process.start().await?;
                }
            }
            Harm::KillAll => {
                let mut killed = Vec::new();
                for process in &mut self.processes {
                    let who = process.name();
                    killed.push((who, process.kill().await));
                }
                let mut relieved = None;
                for process in &mut self.processes {
                    process.start().await?;
                    relieved.get_or_insert_with(now);
                }
                let deaths = killed.into_iter().map(|(who, (signalled, gone))| Death {
                    who,
                    signalled,
                    gone,
                    relieved: relieved.unwrap_or(gone),
                });
                world.evidence().deaths.extend(deaths);
            }
            Harm::Stop(number, duration) => {
                self.processes[number].signal("-STOP");
                tokio::time::sleep(duration).await;
                self.processes[number].signal("-CONT");
                note(world, "stop", Whom::One(number), from);
            }
            Harm::Cut(number, how, duration) => {
                cut_for(&self.wires[number], how, duration).await;
                note(world, "cut", Whom::One(number), from);
            }
            Harm::CutAll(how, duration) => {
                join_all(self.wires.iter().map(|wire| cut_for(wire, how, duration))).await;
                note(world, "cut", Whom::All, from);
            }
            Harm::Restart => {
                for (number, process) in self.processes.iter_mut().enumerate() {
                    if let Err(odd) = process.terminate().await {
                        process.odd(odd);
                    }
                    process.start().await?;
                    note(world, "restart", Whom::One(number), from);
                }
            }
        }
        Ok(())
    }

    /// Tells all of them to stop.
    pub async fn dismiss(&mut self) {
        for process in &mut self.processes {
            if let Err(odd) = process.terminate().await {
                process.odd(odd);
            }
        }
    }
}

/// What was done from `from` until now.
fn note(world: &World, what: &'static str, whom: Whom, from: Moment) {
    world.evidence().harms.push(Harmed { what, whom, from, until: now() });
}

/// Cuts a wire for a while.
async fn cut_for(wire: &Wire, how: Cut, duration: Duration) {
    wire.cut(how);
    tokio::time::sleep(duration).await;
    wire.mend();
}
