"""How a release's network is made: recipes and what runs them. Development only; no part of the device imports it."""
