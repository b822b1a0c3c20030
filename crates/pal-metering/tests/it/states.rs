//! A state is the same however its activity came.
