//! Random convolutions: MiniRocket and MultiRocket.
