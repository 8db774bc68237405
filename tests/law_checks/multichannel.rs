//! Laws: multichannel.
