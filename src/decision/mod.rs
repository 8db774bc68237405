//! What to do: inspect, plan, act; when to replace.
