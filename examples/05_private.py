"""A fit with a guarantee: what it promises, what it cost, and rows that cost nothing more."""

import pandas

import synthgen

frame = pandas.read_csv("examples/data/shoppers.csv", nrows=3000)
model = synthgen.Synthesizer(epsilon=3.0, delta=1e-6, target="Revenue", minutes=0.5).fit(frame)

privacy = model.facts_["privacy"]
print(f"epsilon {privacy['epsilon']:g}, delta {privacy['delta']:g}: {privacy['ledger']['relation']}")
print(f"with a public schema it would have been epsilon {privacy['with_public_schema']:.2f}")
for entry in privacy["ledger"]["entries"][:5]:
    print(f"{entry['step']}: noise of {entry['noise']:.0f} times the sensitivity")

print(model.sample(5).to_string())  # any number of rows: drawing costs nothing more
