import argparse

from common.tracking import log_error

parser = argparse.ArgumentParser()
parser.add_argument("--alpha", type=float)
log_error(parser.parse_args().alpha)
