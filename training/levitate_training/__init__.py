"""Makes the adapter that lets a small model write readings: data, training, export."""
