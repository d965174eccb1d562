import fc from 'fast-check'

// the same cases in every run: a run must not depend on luck. FC_SEED=n looks at others.
fc.configureGlobal({ seed: Number(process.env.FC_SEED ?? 20_261_121) })
