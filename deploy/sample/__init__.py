"""The sample operator: one month of a small SaaS company's AWS bill, its signals and its truth."""

from deploy.sample.write import Sample, write_sample

__all__ = ["Sample", "write_sample"]
