"""The sample operator: months of a small SaaS company's AWS bill, its signals and its truth."""

from deploy.sample_company.months import SampleMonth, months_of
from deploy.sample_company.write import Sample, write_everything, write_sample

__all__ = ["Sample", "SampleMonth", "months_of", "write_everything", "write_sample"]
