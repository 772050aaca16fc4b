"""The demo's story: the sample company's months are delivered, closed, billed, paid, restated."""
