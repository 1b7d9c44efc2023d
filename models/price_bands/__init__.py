"""What a used car is worth: fit, calibrate, predict, evaluate. Pure: frames and arrays in, frames and bytes out."""
