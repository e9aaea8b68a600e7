//! Loopback stand-ins for the outside world.
