//! What the current thread is decoding for. Only [`decode`](super::decode) sets it, and it is restored on every way out.

use std::cell::{Cell, RefCell};

use super::raw::Raw;
use super::wire::{Correction, CorrectionKind};
use crate::types::Untyped;

/// Why values are being decoded.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Mode {
    /// A user's own `serde` call, with any deserializer.
    Foreign,
    /// The transport's first pass: JSON text, strict, nothing tracked.
    Fast,
    /// The transport's second pass: JSON text, corrected and tracked.
    Correcting,
}

/// Nesting beyond this is refused, as `serde_json` does within one parse.
const DEPTH_LIMIT: usize = 128;

/// How many texts may stand in each other; each may itself be as deep as `serde_json` allows.
const NESTED_LIMIT: usize = 96;

enum Segment {
    Name(&'static str),
    Key(String),
    Index(usize),
}

thread_local! {
    static MODE: Cell<Mode> = const { Cell::new(Mode::Foreign) };
    static NESTED: Cell<usize> = const { Cell::new(0) };
    /// What [`watch_lazy`] has seen; none while nobody watches.
    static LAZY: RefCell<Option<Vec<SeenLazy>>> = const { RefCell::new(None) };
    /// The tags that objects being decoded hold for the unions in them, by member.
    static TOLD: RefCell<Vec<(&'static str, Option<String>)>> = const { RefCell::new(Vec::new()) };
    static TRACE: RefCell<Trace> = const { RefCell::new(Trace { path: Vec::new(), corrections: Vec::new() }) };
}

struct Trace {
    path: Vec<Segment>,
    corrections: Vec<Correction>,
}

/// The mode in force.
pub(crate) fn mode() -> Mode {
    MODE.get()
}

/// Whether deviations are corrected and tracked.
pub(crate) fn correcting() -> bool {
    MODE.get() == Mode::Correcting
}

/// A value that was kept as JSON in a `Lazy<T>`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SeenLazy {
    /// [`std::any::type_name`] of its `T`.
    pub type_name: &'static str,
    /// Its JSON.
    pub json: String,
}

/// Runs `f`, and says which values it kept as JSON in a `Lazy<T>`: tests check them too, callers who never ask don't pay.
pub fn watch_lazy<R>(f: impl FnOnce() -> R) -> (R, Vec<SeenLazy>) {
    struct Restore(Option<Vec<SeenLazy>>);
    impl Drop for Restore {
        fn drop(&mut self) {
            LAZY.set(self.0.take());
        }
    }
    let _restore = Restore(LAZY.replace(Some(Vec::new())));
    let result = f();
    (result, LAZY.take().unwrap_or_default())
}

/// Notes a value of a `Lazy<T>`, if somebody watches.
pub(crate) fn saw_lazy<T>(json: &serde_json::Value) {
    LAZY.with_borrow_mut(|seen| {
        if let Some(seen) = seen {
            seen.push(SeenLazy { type_name: std::any::type_name::<T>(), json: json.to_string() });
        }
    });
}

/// Forgets what was noted: a pass that failed noted it.
pub(crate) fn forget_lazy() {
    truncate_lazy(0);
}

fn truncate_lazy(length: usize) {
    LAZY.with_borrow_mut(|seen| seen.iter_mut().for_each(|seen| seen.truncate(length)));
}

/// Runs `f` in `mode` and gives back what it corrected.
pub(crate) fn with_mode<R>(mode: Mode, f: impl FnOnce() -> R) -> (R, Vec<Correction>) {
    struct Restore(Mode, Option<Trace>);
    impl Drop for Restore {
        fn drop(&mut self) {
            MODE.set(self.0);
            if let Some(outer) = self.1.take() {
                TRACE.with_borrow_mut(|trace| *trace = outer);
            }
        }
    }
    let outer =
        TRACE.with_borrow_mut(|trace| std::mem::replace(trace, Trace { path: Vec::new(), corrections: Vec::new() }));
    let _restore = Restore(MODE.replace(mode), Some(outer));
    let result = f();
    let corrections = TRACE.with_borrow_mut(|trace| std::mem::take(&mut trace.corrections));
    (result, corrections)
}

/// Runs `f` in `mode` inside the current trace: an attempt whose corrections are dropped unless it succeeds.
pub(crate) fn attempt<T, E>(mode: Mode, f: impl FnOnce() -> Result<T, E>) -> Result<T, E> {
    struct Restore(Mode);
    impl Drop for Restore {
        fn drop(&mut self) {
            MODE.set(self.0);
        }
    }
    let (depth, found) = TRACE.with_borrow(|trace| (trace.path.len(), trace.corrections.len()));
    let lazy = LAZY.with_borrow(|seen| seen.as_ref().map_or(0, Vec::len));
    let _restore = Restore(MODE.replace(mode));
    let result = f();
    if result.is_err() {
        TRACE.with_borrow_mut(|trace| {
            trace.path.truncate(depth);
            trace.corrections.truncate(found);
        });
        truncate_lazy(lazy);
    }
    result
}

/// Runs `f`, inside an object whose member `tag` has this value.
pub(crate) fn telling<R>(tag: &'static str, value: Option<String>, f: impl FnOnce() -> R) -> R {
    struct Leave;
    impl Drop for Leave {
        fn drop(&mut self) {
            TOLD.with_borrow_mut(Vec::pop);
        }
    }
    TOLD.with_borrow_mut(|told| told.push((tag, value)));
    let _leave = Leave;
    f()
}

/// The value of the member `tag` of the object around.
pub(crate) fn told(tag: &str) -> Option<String> {
    TOLD.with_borrow(|told| told.iter().rev().find(|(name, _)| *name == tag).and_then(|(_, value)| value.clone()))
}

/// Runs `f` one text deeper, and tells it how deep; none when that is too deep.
pub(crate) fn nested<R>(f: impl FnOnce(usize) -> R) -> Option<R> {
    struct Leave(usize);
    impl Drop for Leave {
        fn drop(&mut self) {
            NESTED.set(self.0);
        }
    }
    let depth = NESTED.get();
    let _leave = Leave(depth);
    NESTED.set(depth + 1);
    (depth < NESTED_LIMIT).then(|| f(depth))
}

/// What `read` gives; else the value as it is, and what (`member` of it) has another type than specified is noted.
pub(crate) fn or_other<T, E: serde::de::Error>(
    raw: &Raw<'_>,
    member: Option<&str>,
    read: impl FnOnce() -> Result<T, E>,
    other: fn(Untyped) -> T,
) -> Result<T, E> {
    match attempt(Mode::Correcting, read) {
        Ok(value) => Ok(value),
        Err(_) => {
            let value = raw.value::<E>()?;
            note(member, CorrectionKind::WrongType);
            Ok(other(Untyped::from(value)))
        }
    }
}

/// Enters a member; false when the document is nested too deeply.
pub(crate) fn enter_name(name: &'static str) -> bool {
    enter(Segment::Name(name))
}

/// Enters an entry of a map; false when the document is nested too deeply.
pub(crate) fn enter_key(key: &str) -> bool {
    enter(Segment::Key(key.to_owned()))
}

/// Enters a list; [`at_index`] says which item.
pub(crate) fn enter_list() -> bool {
    enter(Segment::Index(0))
}

/// Moves to an item of the list entered last.
pub(crate) fn at_index(index: usize) {
    TRACE.with_borrow_mut(|trace| {
        if let Some(last) = trace.path.last_mut() {
            *last = Segment::Index(index);
        }
    });
}

/// Whether nothing was entered: the value is the whole answer.
pub(crate) fn at_root() -> bool {
    TRACE.with_borrow(|trace| trace.path.is_empty())
}

/// Leaves what was entered last.
pub(crate) fn leave() {
    TRACE.with_borrow_mut(|trace| {
        trace.path.pop();
    });
}

/// Records that `member` of the current object was corrected.
pub(crate) fn corrected(member: &str, kind: CorrectionKind) {
    note(Some(member), kind);
}

/// Records that the current value is not what the specification says.
pub(crate) fn corrected_here() {
    note(None, CorrectionKind::WrongType);
}

/// Records that the current value, or `member` of it, was corrected.
fn note(member: Option<&str>, kind: CorrectionKind) {
    TRACE.with_borrow_mut(|trace| {
        let mut pointer = pointer_of(&trace.path);
        member.iter().for_each(|member| push_segment(&mut pointer, member));
        trace.corrections.push(Correction { pointer, kind });
    });
}

/// The JSON pointer of the value being decoded.
pub(crate) fn pointer() -> String {
    TRACE.with_borrow(|trace| pointer_of(&trace.path))
}

fn enter(segment: Segment) -> bool {
    TRACE.with_borrow_mut(|trace| {
        trace.path.push(segment);
        trace.path.len() <= DEPTH_LIMIT
    })
}

fn pointer_of(path: &[Segment]) -> String {
    let mut pointer = String::new();
    for segment in path {
        match segment {
            Segment::Name(name) => push_segment(&mut pointer, name),
            Segment::Key(key) => push_segment(&mut pointer, key),
            Segment::Index(index) => {
                pointer.push('/');
                pointer.push_str(&index.to_string());
            }
        }
    }
    pointer
}

fn push_segment(pointer: &mut String, name: &str) {
    pointer.push('/');
    for c in name.chars() {
        match c {
            '~' => pointer.push_str("~0"),
            '/' => pointer.push_str("~1"),
            c => pointer.push(c),
        }
    }
}
