//! Words to actions: rules, grounding, later engines. See ARCHITECTURE.md.
