"""The density of a NumPyro model: its gradient by the parameters, and that of one distribution where floats lose every digit."""

import numpy as np
import numpyro
import numpyro.distributions as dist
from numpyro.infer.util import log_density

import diffcheck

HEIGHTS = np.array([1.7, 1.9, 1.6])


def model(heights):
    mean = numpyro.sample("mean", dist.Normal(1.5, 1.0))
    scale = numpyro.sample("scale", dist.HalfNormal(1.0))
    numpyro.sample("height", dist.Normal(mean, scale), obs=heights)


def log_joint(parameters, heights):
    return log_density(model, (heights,), {}, parameters)[0]


def main():
    report = diffcheck.check(log_joint, at=({"mean": 1.8, "scale": 0.2}, HEIGHTS))
    print(f"{len(report.samples)} derivatives: {report.outcome.value}")
    report = diffcheck.check(lambda df, x: dist.StudentT(df).log_prob(x), at=(1e8, 0.2))
    for sample in report.samples:
        print(f"by {sample.wrt}: {float(sample.enclosure):.10g}, and JAX: {', '.join(str(result.value) for result in sample.results)}")
    print(report.outcome.value)


if __name__ == "__main__":
    main()
