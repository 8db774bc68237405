//! Many features to one health index; how good an indicator is for prognosis.
