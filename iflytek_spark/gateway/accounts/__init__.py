"""Several Spark accounts behind one gateway: whose turn it is, who is asked, who is set aside.

No chunk of a response passes here: an account is chosen before the first event of a stream.
"""
