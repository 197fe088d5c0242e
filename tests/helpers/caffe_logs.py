"""Logs of real Caffe's form, old and new."""

from __future__ import annotations

RELEASE_1 = """\
Log file created at: 2024/12/31 23:59:50
Running on machine: somewhere
Log line format: [IWEF]mmdd hh:mm:ss.uuuuuu threadid file:line] msg
I1231 23:59:50.000100  4242 caffe.cpp:197] Using CPU
I1231 23:59:50.100000  4242 net.cpp:255] Network initialization done.
I1231 23:59:58.500000  4242 solver.cpp:272] Solving LeNet
I1231 23:59:58.500010  4242 solver.cpp:273] Learning Rate Policy: inv
I1231 23:59:58.600000  4242 solver.cpp:330] Iteration 0, Testing net (#0)
I1231 23:59:59.500000  4242 solver.cpp:397]     Test net output #0: accuracy = 0.0625
I1231 23:59:59.500010  4242 solver.cpp:397]     Test net output #1: loss = 2.5 (* 1 = 2.5 loss)
I1231 23:59:59.600000  4242 solver.cpp:218] Iteration 0 (-2.8e-44 iter/s, 1.1s/100 iters), loss = 2.375
I1231 23:59:59.600010  4242 solver.cpp:237]     Train net output #0: loss = 2.25 (* 1 = 2.25 loss)
I1231 23:59:59.600020  4242 sgd_solver.cpp:105] Iteration 0, lr = 0.01
I0101 00:00:08.500000  4242 solver.cpp:218] Iteration 100 (11.2 iter/s, 8.9s/100 iters), loss = nan
I0101 00:00:08.500010  4242 solver.cpp:237]     Train net output #0: loss = -nan (* 1 = -nan loss)
I0101 00:00:08.500020  4242 sgd_solver.cpp:105] Iteration 100, lr = 9.92565e-03
I0101 00:00:18.500000  4242 solver.cpp:447] Snapshotting to binary proto file lenet_iter_200.caffemodel
I0101 00:00:18.500100  4242 sgd_solver.cpp:273] Snapshotting solver state to binary proto file l.solverstate
I0101 00:00:18.600000  4242 solver.cpp:310] Iteration 200, loss = 0.125
I0101 00:00:18.600010  4242 solver.cpp:330] Iteration 200, Testing net (#0)
I0101 00:00:19.400000  4242 solver.cpp:387] Test loss: 0.75
I0101 00:00:19.500000  4242 solver.cpp:397]     Test net output #0: accuracy = 0.875
I0101 00:00:19.500010  4242 solver.cpp:397]     Test net output #1: loss = 0.5 (* 1 = 0.5 loss)
I0101 00:00:19.500020  4242 solver.cpp:315] Optimization Done.
I0101 00:00:19.500030  4242 caffe.cpp:259] Optimization Done.
"""

EARLY = """\
I0603 10:00:00.000000 77 solver.cpp:66] Solving CIFAR10_quick
I0603 10:00:01.000000 77 solver.cpp:87] Iteration 0, Testing net (#0)
I0603 10:00:02.000000 77 solver.cpp:114]     Test net output #0: accuracy = 0.1
I0603 10:00:02.000000 77 solver.cpp:114]     Test net output #1: probability = 0.25
I0603 10:00:02.000000 77 solver.cpp:114]     Test net output #2: probability = 0.75
I0603 10:00:02.500000 77 solver.cpp:87] Iteration 0, Testing net (#1)
I0603 10:00:03.000000 77 solver.cpp:114]     Test net output #0: accuracy = 0.2
I0603 10:00:03.000000 77 sgd_solver.cpp:165] Iteration 0, lr = 0.001
I0603 10:00:04.000000 77 solver.cpp:209] Iteration 0, loss = 2.30
I0603 10:00:05.000000 77 solver.cpp:464] Iteration 100, lr = 0.0005
I0603 10:00:05.000000 77 solver.cpp:209] Iteration 100, loss = 1.5
"""

FORK = """\
I20260102 03:04:05.000000 99 solver.cpp:300] Solving fork
I20260102 03:04:06.000000 99 solver.cpp:246] Iteration 20 (8.1 iter/s, 2.4s/20 iter), 1.5/100ep, loss = 0.5, accuracy
I20260102 03:04:06.000000 99 solver.cpp:250] [0.0] Iteration 20 is done
I20260102 03:04:06.100000 99 sgd_solver.cpp:105] Iteration 20, lr = 0.25, m = 0.9
"""

RESUMED = """\
I0603 10:00:00.000000 77 solver.cpp:272] Solving net
I0603 10:00:01.000000 77 solver.cpp:218] Iteration 0 (1 iter/s, 1s/1 iters), loss = 4
I0603 10:00:01.000000 77 sgd_solver.cpp:105] Iteration 0, lr = 0.1
I0603 10:00:02.000000 77 solver.cpp:218] Iteration 10 (1 iter/s, 1s/1 iters), loss = 3
I0603 10:00:02.000000 77 sgd_solver.cpp:105] Iteration 10, lr = 0.1
I0603 10:00:03.000000 77 solver.cpp:218] Iteration 20 (1 iter/s, 1s/1 iters), loss = 7
I0603 10:00:03.000000 77 sgd_solver.cpp:105] Iteration 20, lr = 0.1
I0603 10:01:00.000000 78 solver.cpp:272] Solving net
I0603 10:01:00.000000 78 solver.cpp:279] Restoring previous solver status from net_iter_10.solverstate
I0603 10:01:01.000000 78 solver.cpp:218] Iteration 10 (1 iter/s, 1s/1 iters), loss = 2.5
I0603 10:01:01.000000 78 sgd_solver.cpp:105] Iteration 10, lr = 0.05
"""
