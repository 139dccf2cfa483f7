"""Who may ask, how much and how often: keys, size of requests, rate, requests at once."""
